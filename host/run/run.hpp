#pragma once

#include "plan/job.hpp"
#include "run/dataset_run.hpp"

#include <vector>

namespace pictor::host {

// The models of a job as a run takes them. They refer to `job`.
std::vector<RunModel> run_models(const PreparedJob &job);

// run_dataset with the job's plugins.
Summary run_job(const PreparedJob &job, const RunOptions &options, Status &status,
                const InterruptSource &interrupt);

}  // namespace pictor::host
