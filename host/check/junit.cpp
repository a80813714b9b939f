#include "check/junit.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

namespace pictor::host::check {

namespace {

std::string all_words(const Result &result) {
  std::string text = result.reason;
  if (!result.last_call.empty()) text += fmt::format(" in {}", result.last_call);
  for (const std::string &finding : result.findings) {
    text += (text.empty() ? "" : "; ") + finding;
  }
  return text;
}

std::string body_of(const Result &result) {
  const std::string words = escape_html(all_words(result));
  switch (result.verdict) {
    case Verdict::pass:
      return {};
    case Verdict::skip:
      return fmt::format("    <skipped message=\"{}\"/>\n", words);
    case Verdict::warn:
      return fmt::format("    <system-out>{}</system-out>\n", words);
    case Verdict::fail:
      return fmt::format("    <failure message=\"{}\"/>\n", words);
    case Verdict::crash:
    case Verdict::hang:
      return fmt::format("    <error type=\"{}\" message=\"{}\">{}</error>\n",
                         name_of(result.verdict), words, escape_html(result.said));
  }
  return {};
}

}  // namespace

std::string junit_report(const std::string &plugin, const Outcomes &outcomes) {
  std::size_t failures = 0, errors = 0, skipped = 0;
  double seconds = 0;
  std::string cases;
  for (const auto &[check, result] : outcomes) {
    failures += result.verdict == Verdict::fail ? 1 : 0;
    errors += result.verdict == Verdict::crash || result.verdict == Verdict::hang ? 1 : 0;
    skipped += result.verdict == Verdict::skip ? 1 : 0;
    seconds += result.seconds;
    cases += fmt::format(
        "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">\n{}  "
        "</testcase>\n",
        escape_html(plugin), check->id, result.seconds, body_of(result));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"pictor plugins check {}\" "
      "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}</testsuite>\n",
      escape_html(plugin), outcomes.size(), failures, errors, skipped, seconds, cases);
}

}  // namespace pictor::host::check
