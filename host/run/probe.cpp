#include "run/probe.hpp"

#include "base/error.hpp"
#include "run/run.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

// A fresh folder that is removed at the end of scope.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "pictor-probe-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error("cannot make a folder for the probe in " + fs::temp_directory_path().string(),
                  "set TMPDIR to a folder that can be written to");
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;

  const fs::path &path() const { return path_; }

 private:
  fs::path path_;
};

// Without retries, which may fall back to a model that bills.
Config with_one_model(Config config, const std::string &model, const fs::path &dir) {
  config.job.models = {model};
  config.job.output.dir = dir;
  config.job.budget.reset();
  for (ModelConfig &each : config.models) each.retry = {};
  return config;
}

std::string reason(const Summary &summary) {
  if (!summary.stopped.empty()) return summary.stopped.front().failure.message;
  return summary.errors.empty() ? "no picture was drawn" : summary.errors.front().message;
}

}  // namespace

std::variant<Pace, std::string> probe_model(const PreparedJob &job, const std::string &model,
                                            std::uint64_t pictures,
                                            const InterruptSource &interrupt) {
  if (job.config.job.prompts == "-") {
    throw Error("prompts from stdin can be read once only, so --probe cannot draw any",
                "write them to a file, and name that under job.prompts");
  }
  const ScratchFolder folder;
  const PreparedJob probe =
      prepare_job(with_one_model(job.config, model, folder.path() / "out"), false);
  Status silent;
  const Summary summary = run_job(probe, {.limit = pictures}, silent, interrupt);
  if (summary.interrupted) throw Error("interrupted", "", ExitCode::interrupted);
  const Ledger ledger = Ledger::open_read_only(folder.path() / "out");
  const std::map<std::string, Pace> paces = recorded_paces(ledger);
  const auto found = paces.find(model);
  if (found == paces.end()) return reason(summary);
  return found->second;
}

}  // namespace pictor::host
