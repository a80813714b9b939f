#include "cli/retry_target.hpp"

#include "base/error.hpp"
#include "ledger/ledger.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace pictor::host {

namespace fs = std::filesystem;

Config load_retry_job(const fs::path &target, const std::vector<Override> &overrides) {
  const bool is_folder = fs::is_directory(target);
  const fs::path file = is_folder ? target / "job.yaml" : target;
  if (is_folder && !fs::exists(ledger_file(target))) {
    throw Error(fmt::format("{}: no run of Pictor has written here", target.string()),
                "name the output folder of a run, or its job file");
  }
  if (is_folder && !fs::exists(file)) {
    throw Error(fmt::format("{}: has no job.yaml to draw with", target.string()),
                "give the job file instead: pictor retry JOB --status ...");
  }
  Config config = load_config(file, overrides);
  if (is_folder) config.job.output.dir = fs::absolute(target).lexically_normal();
  if (config.job.prompts == "-" && isatty(STDIN_FILENO) != 0) {
    throw Error("the prompts of this job came from standard input",
                "give them again: pictor retry ... < prompts.jsonl");
  }
  return config;
}

}  // namespace pictor::host
