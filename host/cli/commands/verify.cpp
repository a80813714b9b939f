#include "base/error.hpp"
#include "cli/commands/all.hpp"
#include "cli/progress_line.hpp"
#include "cli/verify_report.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace pictor::host {
namespace {

class VerifyCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", dir_, "The output folder of a run")->required();
    app.add_flag("--repair", repair_, "Mend what can be mended without drawing");
    app.add_flag("--redraw-billed", redraw_billed_,
                 "With --repair: pictures that cost money may be drawn again too");
    app.add_flag("--fast", fast_, "Compare sizes only: read no picture");
  }

  ExitCode run(Console &console) override {
    if (redraw_billed_ && !repair_) {
      throw Error("--redraw-billed does nothing without --repair", "give both, or neither");
    }
    // Of a folder that is no dataset, nothing is made.
    Ledger ledger = Ledger::open_read_only(dir_);
    if (repair_ && ledger.damage().empty()) ledger = Ledger::open(dir_);
    Findings findings;
    VerifyReport report{dir_, fast_, verify(console, ledger, findings), findings, std::nullopt};
    if (repair_) {
      report.repair = repair_dataset(dir_, ledger, report.verification, findings, redraw_billed_);
    }
    if (console.json()) {
      console.document(as_json(report));
    } else if (!console.quiet()) {
      console.data(as_text(report));
    }
    return report.whole() ? ExitCode::ok : ExitCode::some_failed;
  }

 private:
  Verification verify(const Console &console, const Ledger &ledger, Findings &findings) const {
    using Clock = std::chrono::steady_clock;
    ProgressLine line(console);
    Clock::time_point next = Clock::now() + std::chrono::seconds(1);
    VerifyOptions options;
    options.fast = fast_;
    options.owner = repair_;
    options.progress = [&](std::uint64_t done, std::uint64_t total) {
      if (Clock::now() < next) return;
      next = Clock::now() + std::chrono::milliseconds(200);
      line.show(fmt::format("{} of {} pictures, {} findings", done, total, findings.total()));
    };
    return verify_dataset(dir_, ledger, options, findings);
  }

  std::string dir_;
  bool repair_ = false, redraw_billed_ = false, fast_ = false;
};

}  // namespace

std::unique_ptr<Command> make_verify() {
  return std::make_unique<VerifyCommand>();
}

}  // namespace pictor::host
