#include "base/interrupt.hpp"
#include "cli/commands/all.hpp"
#include "cli/forecast_report.hpp"
#include "cli/job_argument.hpp"
#include "cli/whole_number.hpp"
#include "run/probe.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace pictor::host {
namespace {

class PlanCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    job_.setup(app);
    job_.add_max_cost(app);
    app.add_option("--probe", probe_, "Draw N pictures with each model that is free, for the time")
        ->type_name("N")
        ->check(whole_number(1, UINT32_MAX));
  }

  ExitCode run(Console &console) override {
    const PreparedJob job = prepare_job(job_.load(), false);
    Forecast forecast = forecast_job(job);
    if (probe_ > 0) probe(console, job, forecast);
    if (const std::size_t bad = job.prompts.bad_rows().size(); bad > 0) {
      console.note(fmt::format("{} rows cannot be drawn; `pictor run --dry-run` lists them", bad));
    }
    if (console.json()) {
      console.document(as_json(job, forecast));
    } else {
      console.data(as_text(job, forecast));
    }
    return forecast.exceeds_budget() ? ExitCode::budget : ExitCode::ok;
  }

 private:
  // Of models whose past runs tell nothing.
  void probe(Console &console, const PreparedJob &job, Forecast &forecast) {
    const Interrupt interrupt;
    for (ModelForecast &model : forecast.models) {
      if (model.model.billed || model.pace || model.model.to_draw == 0) continue;
      const auto found =
          probe_model(job, model.model.name, probe_, [&] { return interrupt.level(); });
      if (const auto *pace = std::get_if<Pace>(&found)) {
        model.pace = *pace;
        model.pace_from = "a probe";
      } else {
        console.note(fmt::format("the probe of {} drew nothing: {}", model.model.name,
                                 std::get<std::string>(found)));
      }
    }
  }

  JobArgument job_;
  std::uint64_t probe_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_plan() {
  return std::make_unique<PlanCommand>();
}

}  // namespace pictor::host
