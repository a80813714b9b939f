#include "cli/commands/all.hpp"
#include "cli/run_report.hpp"
#include "cli/text_layout.hpp"

#include <CLI/CLI.hpp>

namespace pictor::host {
namespace {

class StatusCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", dir_, "The output folder of a run")->required();
  }

  // Reads the ledger beside a running job, without a lock.
  ExitCode run(Console &console) override {
    const RunReport report = read_run_report(dir_);
    if (console.json()) {
      console.document(as_json(report));
    } else {
      console.data(as_text(report));
    }
    return ExitCode::ok;
  }

 private:
  std::string dir_;
};

}  // namespace

std::unique_ptr<Command> make_status() {
  return std::make_unique<StatusCommand>();
}

}  // namespace pictor::host
