#pragma once

#include "plan/job.hpp"
#include "run/dataset_run.hpp"
#include "run/pace.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace pictor::host {

// Draws the job's first pictures of one of its models into a folder that is gone afterwards, and
// tells how fast that was; the time for loading is left out. A text says why nothing was drawn.
// Throws Error for a job whose prompts come from stdin: they can be read once only.
std::variant<Pace, std::string> probe_model(const PreparedJob &job, const std::string &model,
                                            std::uint64_t pictures,
                                            const InterruptSource &interrupt);

}  // namespace pictor::host
