#pragma once

#include "plan/job.hpp"
#include "plan/plan.hpp"
#include "run/dataset_run.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::host {

// What run_job() would do.
struct Preview {
  struct Model {
    std::string name, plugin;
    std::uint64_t to_draw = 0;  // pictures
  };
  bool resumes = false;  // the folder has pictures of an earlier run, or their failures
  PlanCounts counts;     // of the whole dataset, before
  std::vector<Model> models;

  std::uint64_t to_draw() const { return counts.open - counts.beyond_limit; }
};

// Makes the checks of run_job(), up to giving the models their parameters, and writes nothing.
// Throws what run_job() would.
Preview preview_job(const PreparedJob &job, const RunOptions &options);

// What run_job() with that wish would draw again, likewise. The dataset must be there.
RetryChoice preview_retry(const PreparedJob &job, const RetryWish &wish);

}  // namespace pictor::host
