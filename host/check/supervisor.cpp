#include "check/supervisor.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/json.hpp"
#include "check/child_process.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <string_view>

namespace pictor::host::check {

namespace {

// What the process told, sorted by kind.
struct Told {
  std::vector<std::string> failures, warnings;
  std::string skipped, mistake, last_call, abort_warning;
  bool complete = false;
};

Told read_lines(std::string_view text) {
  Told told;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || end < 2) break;
    const std::string line(text.substr(2, end - 2));
    switch (text.front()) {
      case 'C':
        told.last_call = line;
        break;
      case 'A':
        told.abort_warning = line;
        break;
      case 'F':
        told.failures.push_back(line);
        break;
      case 'W':
        told.warnings.push_back(line);
        break;
      case 'S':
        told.skipped = line;
        break;
      case 'M':
        told.mistake = line;
        break;
      case 'E':
        told.complete = true;
        break;
      default:
        break;
    }
    text.remove_prefix(end + 1);
  }
  return told;
}

void judge_end(const ChildEnd &end, const Told &told, std::chrono::milliseconds limit,
               Result &result) {
  if (!end.in_time) {
    result.verdict = Verdict::hang;
    result.reason = fmt::format("did not end within {:g} s", double(limit.count()) / 1000);
  } else if (end.signal_number == SIGABRT && !told.abort_warning.empty()) {
    result.verdict = told.failures.empty() ? Verdict::warn : Verdict::fail;
    result.findings.push_back(told.abort_warning);
  } else if (end.signal_number != 0) {
    result.verdict = Verdict::crash;
    result.reason = strsignal(end.signal_number);
  } else if (!told.complete || end.exit_code != 0) {
    result.verdict = Verdict::crash;
    result.reason = fmt::format("the process ended with exit code {}", end.exit_code);
  } else if (!told.failures.empty()) {
    result.verdict = Verdict::fail;
  } else if (!told.skipped.empty()) {
    result.verdict = Verdict::skip;
    result.reason = told.skipped;
  } else {
    result.verdict = told.warnings.empty() ? Verdict::pass : Verdict::warn;
  }
}

}  // namespace

std::string task_text(const Json &task) {
  return task.dump(-1, ' ', true, Json::error_handler_t::replace);
}

Result run_process(const std::vector<std::string> &arguments, std::chrono::milliseconds limit) {
  const auto start = std::chrono::steady_clock::now();
  const ChildEnd end = run_child(arguments, limit);
  const Told told = read_lines(end.told);
  if (!told.mistake.empty()) throw Error(told.mistake);
  Result result;
  result.findings = told.failures;
  result.findings.insert(result.findings.end(), told.warnings.begin(), told.warnings.end());
  judge_end(end, told, limit, result);
  result.said = terminal_safe(end.said);
  if (result.verdict == Verdict::crash || result.verdict == Verdict::hang) {
    result.last_call = told.last_call;
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

Result run(const Check &check, const Subject &subject) {
  Json task = subject_json(subject);
  task["check"] = check.id;
  return run_process({child_argument, task_text(task)}, subject.limit);
}

}  // namespace pictor::host::check
