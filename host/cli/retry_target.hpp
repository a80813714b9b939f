#pragma once

#include "config/config.hpp"

#include <filesystem>
#include <vector>

namespace pictor::host {

// The job of a dataset whose samples are drawn again. `target`: an output folder, with the job.yaml
// that its run left and that draws into this folder wherever it was moved; or a job file. Throws
// Error.
Config load_retry_job(const std::filesystem::path &target, const std::vector<Override> &overrides);

}  // namespace pictor::host
