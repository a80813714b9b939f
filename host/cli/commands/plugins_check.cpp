#include "base/escape.hpp"
#include "check/exclusions.hpp"
#include "check/junit.hpp"
#include "check/supervisor.hpp"
#include "cli/commands/all.hpp"
#include "cli/subject_options.hpp"
#include "cli/text_layout.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>

namespace pictor::host {
namespace {

using check::Check;
using check::Outcomes;
using check::Result;
using check::Verdict;

std::size_t count(const Outcomes &outcomes, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [&](const auto &each) { return each.second.verdict == verdict; }));
}

bool breaks_a_rule(const Outcomes &outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(),
                     [](const auto &each) { return check::is_breach(each.second.verdict); });
}

Json result_json(const Check &check, const Result &result) {
  return {{"check", check.id},
          {"rule", check.rule},
          {"verdict", name_of(result.verdict)},
          {"findings", result.findings},
          {"reason", result.reason},
          {"last_call", result.last_call},
          {"output", result.said},
          {"seconds", result.seconds}};
}

std::size_t longest_id() {
  std::size_t longest = 0;
  for (const Check &check : check::checks()) longest = std::max(longest, check.id.size());
  return longest;
}

// Those that --only names, in the order of the table; all of them without it.
std::vector<const Check *> chosen_checks(const std::vector<std::string> &only) {
  std::vector<const Check *> chosen;
  for (const Check &check : check::checks()) {
    if (only.empty() || std::find(only.begin(), only.end(), check.id) != only.end()) {
      chosen.push_back(&check);
    }
  }
  for (const std::string &id : only) {
    if (check::find_check(id) != nullptr) continue;
    throw Error(fmt::format("there is no check '{}'", id),
                "`pictor plugins check --list` names them all");
  }
  return chosen;
}

class PluginsCheckCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    subject_.add(app);
    app.add_option("--only", only_, "Only these checks, separated by commas")
        ->type_name("ID,...")
        ->delimiter(',')
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--exclusions", exclusions_,
                   "Checks to leave out; pictor-check.yaml, if it is there")
        ->type_name("FILE");
    app.add_flag("--json", json_, "For programs, as --format json");
    app.add_flag("--junit", junit_, "As JUnit XML, for CI")->excludes("--json");
    app.add_flag("--list", list_, "List the checks and the rule of each");
  }

  ExitCode run(Console &console) override {
    const std::vector<const Check *> chosen = chosen_checks(only_);
    if (list_) return list(console, chosen);
    const check::Subject subject = subject_.subject();
    const check::Exclusions excluded = check::read_exclusions(exclusions_);
    const bool tell = !json_ && !junit_ && console.format() == Format::human;
    Outcomes outcomes;
    for (const Check *check : chosen) {
      const auto reason = excluded.find(check->id);
      outcomes.emplace_back(check, reason == excluded.end() ? check::run(*check, subject)
                                                            : check::left_out(reason->second));
      if (tell) tell_result(console, *check, outcomes.back().second);
    }
    report(console, subject, outcomes);
    return breaks_a_rule(outcomes) ? ExitCode::plugin : ExitCode::ok;
  }

 private:
  static ExitCode list(Console &console, const std::vector<const Check *> &chosen) {
    for (const Check *check : chosen) {
      console.line(check->id);
      console.data(paragraph(check->rule, 4));
    }
    return ExitCode::ok;
  }

  void tell_result(Console &console, const Check &check, const Result &result) {
    static const std::size_t width = longest_id();
    std::string line = fmt::format("{:<5}  {:<{}}", name_of(result.verdict), check.id, width);
    if (!result.reason.empty()) {
      line += "  " + (result.reason == last_reason_ ? "for the same reason" : result.reason);
      last_reason_ = result.reason;
    }
    if (!result.last_call.empty()) line += fmt::format("; last call: {}", result.last_call);
    while (line.back() == ' ') line.pop_back();
    console.line(line);
    for (const std::string &finding : result.findings) console.data(paragraph(finding, 7));
    if (check::is_breach(result.verdict)) {
      if (!result.said.empty()) console.line("       it wrote: " + result.said);
      console.data(paragraph(fmt::format("rule: {}", check.rule), 7));
    }
    console.flush();
  }

  void report(Console &console, const check::Subject &subject, const Outcomes &outcomes) const {
    if (junit_) return console.data(junit_report(subject.file.filename().string(), outcomes));
    if (json_ || console.json()) {
      Json document = {{"plugin", subject.file.string()}, {"checks", Json::array()}};
      for (const auto &[check, result] : outcomes) {
        document["checks"].push_back(result_json(*check, result));
      }
      return console.document(document);
    }
    if (console.format() == Format::quiet) return;
    const std::size_t broken = count(outcomes, Verdict::fail) + count(outcomes, Verdict::crash) +
                               count(outcomes, Verdict::hang);
    console.line(fmt::format("{} checks: {} passed, {} warned, {} failed, {} skipped",
                             outcomes.size(), count(outcomes, Verdict::pass),
                             count(outcomes, Verdict::warn), broken,
                             count(outcomes, Verdict::skip)));
  }

  SubjectOptions subject_{45, "a check"};
  std::string last_reason_;
  std::vector<std::string> only_;
  std::string exclusions_;
  bool json_ = false, junit_ = false, list_ = false;
};

}  // namespace

std::unique_ptr<Command> make_plugins_check() {
  return std::make_unique<PluginsCheckCommand>();
}

}  // namespace pictor::host
