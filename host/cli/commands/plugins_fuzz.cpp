#include "base/interrupt.hpp"
#include "cli/commands/all.hpp"
#include "cli/subject_options.hpp"
#include "cli/text_layout.hpp"
#include "cli/whole_number.hpp"
#include "fuzz/campaign.hpp"
#include "fuzz/chunk.hpp"
#include "fuzz/script.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <optional>
#include <random>

namespace pictor::host {
namespace {

using check::Result;
using check::Verdict;
using fuzz::CampaignReport;
using fuzz::Failed;

constexpr unsigned most_jobs = 256;
constexpr std::chrono::milliseconds any_time{std::chrono::hours{24 * 365}};

// What is wrong, in one line.
std::string headline(const Result &result) {
  if (!result.findings.empty()) return result.findings.front();
  if (!is_breach(result.verdict)) return "output: it wrote to stdout or stderr";
  return fmt::format("{}; last call: {}", result.reason, result.last_call);
}

Json result_json(const Result &result) {
  return {{"verdict", name_of(is_breach(result.verdict) ? result.verdict : Verdict::fail)},
          {"finding", headline(result)},
          {"findings", result.findings},
          {"reason", result.reason},
          {"last_call", result.last_call},
          {"output", result.said}};
}

Json failed_json(const Failed &failed) {
  Json json = result_json(failed.result);
  json["seed"] = fuzz::seed_text(failed.seed);
  json["script"] = failed.script.string();
  json["steps"] = failed.steps;
  json["drawn_steps"] = failed.drawn_steps;
  json["reproduced"] = failed.reproduced;
  return json;
}

class PluginsFuzzCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    subject_.add(app);
    app.add_option("--seed", seed_, "The seed that all chunks follow from")->type_name("HEX");
    app.add_option("--runs", runs_, "Play so many chunks")
        ->type_name("N")
        ->check(whole_number(1, UINT32_MAX));
    app.add_option("--duration", seconds_, "Play chunks for so long; without --runs a minute")
        ->type_name("TIME")
        ->transform(
            CLI::AsNumberWithUnit(std::map<std::string, double>{{"s", 1}, {"m", 60}, {"h", 3600}})
                .description(""));
    app.add_option("--jobs", jobs_, "Play so many chunks at once")
        ->type_name("N")
        ->check(whole_number(1, most_jobs));
    auto *reproduce = app.add_option("--reproduce", reproduced_, "Play the one chunk of this seed")
                          ->type_name("HEX");
    app.add_option("--script", script_, "Play this script, as a failure left it")
        ->type_name("FILE")
        ->excludes(reproduce);
    app.add_flag("--json", json_, "For programs, as --format json");
  }

  ExitCode run(Console &console) override {
    json_ = json_ || console.json();
    return script_.empty() ? run_campaign(console) : run_script(console);
  }

 private:
  static std::uint64_t seed_of(const std::string &text, const char *option) {
    const auto seed = fuzz::parse_seed(text);
    if (!seed) throw Error(fmt::format("{} {} is not up to 16 hex digits", option, text));
    return *seed;
  }

  fuzz::Campaign campaign() const {
    fuzz::Campaign campaign;
    campaign.subject = subject_.subject();
    campaign.jobs = jobs_;
    campaign.runs = runs_.value_or(UINT64_MAX);
    if (runs_) campaign.duration = any_time;
    if (seconds_) campaign.duration = std::chrono::milliseconds(std::int64_t(*seconds_ * 1000));
    campaign.seed = seed_.empty()
                        ? (std::uint64_t{std::random_device{}()} << 32) | std::random_device{}()
                        : seed_of(seed_, "--seed");
    if (!reproduced_.empty()) {
      campaign.seed = seed_of(reproduced_, "--reproduce");
      campaign.only_this_seed = true;
      campaign.runs = 1;
    }
    return campaign;
  }

  ExitCode run_campaign(Console &console) const {
    const fuzz::Campaign campaign = this->campaign();
    const Interrupt interrupt;
    const CampaignReport report = fuzz::run(
        campaign, [&] { return interrupt.level() != InterruptLevel::none; },
        [&](const Result &result, std::uint64_t seed) {
          if (json_) return;
          console.note(fmt::format("seed {}: {}", fuzz::seed_text(seed), headline(result)));
          console.note("looking for the smallest script that does the same ...");
        });
    if (json_) {
      console.document({{"plugin", campaign.subject.file.string()},
                        {"seed", fuzz::seed_text(campaign.seed)},
                        {"chunks", report.chunks},
                        {"seconds", report.seconds},
                        {"failed", report.failed ? failed_json(*report.failed) : Json()}});
    } else {
      tell(console, campaign, report);
    }
    return report.failed ? ExitCode::plugin : ExitCode::ok;
  }

  static void tell(Console &console, const fuzz::Campaign &campaign, const CampaignReport &report) {
    if (report.failed) tell_failure(console, campaign, *report.failed);
    if (console.format() == Format::quiet) return;
    console.line(fmt::format("{} chunks in {:.0f} s from seed {}: {}", report.chunks,
                             report.seconds, fuzz::seed_text(campaign.seed),
                             report.failed ? "one failed" : "all passed"));
  }

  static void tell_failure(Console &console, const fuzz::Campaign &campaign, const Failed &failed) {
    tell_result(console, failed.result);
    console.line(fmt::format("       chunk: --reproduce {}", fuzz::seed_text(failed.seed)));
    if (failed.drawn_steps == 0) return;
    console.line(fmt::format("       script: {} ({} of {} calls)", failed.script.string(),
                             failed.steps, failed.drawn_steps));
    if (!failed.reproduced) {
      console.line("       it did not happen again: it depends on time");
    }
    console.line(fmt::format("       again: pictor plugins fuzz {} --script {}",
                             campaign.subject.file.string(), failed.script.string()));
  }

  static void tell_result(Console &console, const Result &result) {
    const Verdict verdict = is_breach(result.verdict) ? result.verdict : Verdict::fail;
    console.line(fmt::format("{:<5}  {}", name_of(verdict), headline(result)));
    if (!result.said.empty()) console.data(paragraph("it wrote: " + result.said, 7));
  }

  ExitCode run_script(Console &console) const {
    const check::Subject subject = subject_.subject();
    const std::size_t steps =
        fuzz::read_script(script_).steps.size();  // its mistakes are told here
    const Result result = fuzz::play_script(subject, std::filesystem::absolute(script_));
    if (result.verdict == Verdict::skip) throw Error("it cannot be played: " + result.reason);
    const bool failed = fuzz::is_failure(result);
    if (json_) {
      console.document({{"plugin", subject.file.string()},
                        {"script", script_},
                        {"failed", failed ? result_json(result) : Json()}});
    } else if (failed) {
      tell_result(console, result);
    } else {
      console.line(fmt::format("{} calls, played twice: passed", steps));
    }
    return failed ? ExitCode::plugin : ExitCode::ok;
  }

  SubjectOptions subject_{30, "one chunk"};
  std::string seed_, reproduced_, script_;
  std::optional<std::uint64_t> runs_;
  std::optional<double> seconds_;
  unsigned jobs_ = 1;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_plugins_fuzz() {
  return std::make_unique<PluginsFuzzCommand>();
}

}  // namespace pictor::host
