#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/interrupt.hpp"
#include "base/nearest_name.hpp"
#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"
#include "cli/retry_target.hpp"
#include "cli/run_printer.hpp"
#include "cli/whole_number.hpp"
#include "plan/job.hpp"
#include "run/preview.hpp"
#include "run/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {
namespace {

// "failed" or the names of outcomes.
std::set<Outcome> outcomes_named(const std::vector<std::string> &names) {
  std::vector<std::string> known = {"failed"};
  for (const std::string_view name : outcome_names) known.emplace_back(name);
  std::set<Outcome> outcomes;
  for (const std::string &name : names) {
    if (name == "failed") {
      for (std::size_t i = 1; i < outcome_names.size(); ++i) {
        outcomes.insert(static_cast<Outcome>(i));
      }
      continue;
    }
    const std::optional<Outcome> outcome = outcome_named(name);
    if (!outcome) {
      throw Error(fmt::format("--status: '{}' is no outcome{}", name, did_you_mean(name, known)),
                  "the outcomes are refused, filtered, rate_limited, transient, invalid, oom, "
                  "truncated, maybe_billed, cancelled, internal; failed means all of them");
    }
    if (*outcome == Outcome::ok) {
      throw Error("--status: pictures that are ok are not drawn again",
                  "`pictor run --overwrite` draws all anew; `pictor verify --repair` finds broken "
                  "ones");
    }
    outcomes.insert(*outcome);
  }
  return outcomes;
}

class RetryCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", target_, "The output folder of a run, or its job file")->required();
    app.add_option("--status", status_, "Outcomes, such as refused,oom; failed: all but ok")
        ->required()
        ->type_name("NAMES")
        ->delimiter(',')
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--model", models_, "Only samples of this model; may be given several times")
        ->type_name("NAME")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--row-id", row_ids_, "Only samples of the row with this id; likewise")
        ->type_name("ID")
        ->take_all()
        ->allow_extra_args(false);
    app.add_option("--limit", limit_, "At most so many samples, the first by row")
        ->type_name("N")
        ->check(whole_number(1, UINT32_MAX));
    app.add_flag("--dry-run", dry_run_, "Say what would be drawn again, draw nothing");
    add_param_option(app, parameters_, "Set one key of the job, as models.NAME.key=value");
  }

  ExitCode run(Console &console) override {
    RunOptions options;
    options.retry = RetryWish{outcomes_named(status_), models_, row_ids_, limit_};
    std::vector<Override> overrides;
    for (const std::string &text : parameters_) overrides.push_back(parse_override(text));
    const PreparedJob job = prepare_job(load_retry_job(target_, overrides), false);
    // Never the first run of a folder.
    Ledger::open_read_only(job.config.job.output.dir);
    if (dry_run_) return preview(console, job, *options.retry);
    RunPrinter printer(console);
    const Interrupt interrupt;
    return run_job(job, options, printer.status(), [&] { return interrupt.level(); }).exit_code();
  }

 private:
  static ExitCode preview(Console &console, const PreparedJob &job, const RetryWish &wish) {
    const RetryChoice choice = preview_retry(job, wish);
    for (const std::string &warning : retry_warnings(choice)) console.note("warning: " + warning);
    Json models = Json::object();
    std::string text = fmt::format("{} samples to draw again\n", choice.samples.size());
    for (const auto &[which, count] : choice.counts) {
      models[which.first][std::string(name_of(which.second))] = count;
      text +=
          fmt::format("  {}: {} {}\n", terminal_safe(which.first), count, name_of(which.second));
    }
    if (console.json()) {
      console.document({{"to_draw", choice.samples.size()}, {"models", models}});
    } else {
      console.data(text);
    }
    return ExitCode::ok;
  }

  std::string target_;
  std::vector<std::string> status_, models_, row_ids_, parameters_;
  std::optional<std::uint64_t> limit_;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Command> make_retry() {
  return std::make_unique<RetryCommand>();
}

}  // namespace pictor::host
