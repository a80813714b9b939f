#include "run/run.hpp"

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "cli/commands/all.hpp"
#include "cli/job_argument.hpp"
#include "cli/job_preview.hpp"
#include "cli/run_printer.hpp"
#include "cli/shard_choice.hpp"
#include "cli/whole_number.hpp"
#include "config/environment.hpp"
#include "plan/job.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <optional>
#include <string>

namespace pictor::host {
namespace {

class RunCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    job_.setup(app);
    job_.add_max_cost(app);
    app.add_option("--limit", limit_, "Draw at most so many pictures now")
        ->type_name("N")
        ->check(whole_number(1, UINT32_MAX));
    app.add_option("--events", files_.events, "Append the run's events to this file, JSON a line")
        ->type_name("FILE");
    app.add_option("--metrics", files_.metrics, "Keep the run's figures in this OpenMetrics file")
        ->type_name("FILE");
    app.add_flag("--dry-run", dry_run_, "Check all of it, say what would be drawn, draw nothing");
    app.add_flag("--strict", strict_, "End at the first bad row instead of going on without it");
    app.add_flag("--overwrite", overwrite_, "Begin the dataset anew");
    app.add_option("--shard", shard_, "Draw part i of n, from 0/n; by itself in a Slurm array")
        ->type_name("i/n|none");
  }

  ExitCode run(Console &console) override {
    const ShardChoice choice = choose_shard(shard_, environment_value);
    if (!choice.note.empty()) console.note(choice.note);
    if (choice.shard && overwrite_) {
      throw Error("--overwrite begins the whole dataset anew, a shard draws a part of it",
                  "remove the output folder, or choose another job.output.dir");
    }
    const PreparedJob job = prepare_job(job_.load(), strict_);
    const RunOptions options{limit_, overwrite_, {}, choice.shard};
    if (dry_run_) return show_preview(console, job, options);
    RunPrinter printer(console, files_);
    const Interrupt interrupt;
    const Summary summary =
        run_job(job, options, printer.status(), [&] { return interrupt.level(); });
    const OutputConfig &output = job.config.job.output;
    console.note(fmt::format("pictures: {}", (output.dir / output.split).string()));
    if (choice.shard) {
      console.note(fmt::format("shard {}: `pictor merge {}` joins the shards when all are drawn",
                               name_of(*choice.shard), output.dir.string()));
    }
    return summary.exit_code();
  }

 private:
  JobArgument job_;
  std::optional<std::uint64_t> limit_;
  RunFiles files_;
  std::string shard_;
  bool dry_run_ = false, strict_ = false, overwrite_ = false;
};

}  // namespace

std::unique_ptr<Command> make_run() {
  return std::make_unique<RunCommand>();
}

}  // namespace pictor::host
