#pragma once

#include "plan/job.hpp"
#include "run/dataset_run.hpp"

namespace pictor::host {

// run_dataset with the job's plugins.
Summary run_job(const PreparedJob &job, const RunOptions &options, Status &status,
                const InterruptSource &interrupt);

}  // namespace pictor::host
