#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"

#include <CLI/CLI.hpp>

namespace pictor::host {
namespace {

class ConfigShowCommand : public Command {
 public:
  void setup(CLI::App &app) override { job_.setup(app); }

  ExitCode run(Console &console) override {
    console.data(to_yaml(job_.load()));
    return ExitCode::ok;
  }

 private:
  JobArgument job_;
};

}  // namespace

std::unique_ptr<Command> make_config_show() {
  return std::make_unique<ConfigShowCommand>();
}

}  // namespace pictor::host
