#pragma once

#include "plan/job.hpp"
#include "plan/plan.hpp"
#include "run/dataset_run.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// What run_job() would do.
struct Preview {
  struct Model {
    std::string name, plugin;
    std::uint64_t to_draw = 0;  // pictures
    bool billed = false;
    std::vector<std::string> price_names;  // under which it may be priced
    Parameters load;
  };
  bool resumes = false;  // the folder has pictures of an earlier run, or their failures
  PlanCounts counts;     // of the whole dataset, before
  std::vector<Model> models;

  std::uint64_t to_draw() const { return counts.open - counts.beyond_limit; }
};

// Told of each row that has something to draw, with all models of the job and the one it goes to.
using WorkVisitor =
    std::function<void(std::span<const Preview::Model>, const RunModel &, const Work &)>;

// Makes the checks of run_job(), up to giving the models their parameters, and writes nothing.
// Throws what run_job() would.
Preview preview_job(const PreparedJob &job, const RunOptions &options,
                    const WorkVisitor &visit = {});

// What run_job() with that wish would draw again, likewise. The dataset must be there.
RetryChoice preview_retry(const PreparedJob &job, const RetryWish &wish);

}  // namespace pictor::host
