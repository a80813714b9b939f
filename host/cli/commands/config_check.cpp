#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"
#include "cli/job_preview.hpp"
#include "plan/job.hpp"

#include <CLI/CLI.hpp>

namespace pictor::host {
namespace {

class ConfigCheckCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    job_.setup(app);
    app.add_flag("--strict", strict_, "A bad row is an error");
  }

  // The checks of `run`, the output folder's included: the answer is what `run --dry-run` says.
  ExitCode run(Console &console) override {
    return show_preview(console, prepare_job(job_.load(), strict_), {});
  }

 private:
  JobArgument job_;
  bool strict_ = false;
};

}  // namespace

std::unique_ptr<Command> make_config_check() {
  return std::make_unique<ConfigCheckCommand>();
}

}  // namespace pictor::host
