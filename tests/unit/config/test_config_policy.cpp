#include "base/error.hpp"
#include "config/config.hpp"
#include "config/schema.hpp"
#include "support/catch.hpp"
#include "support/marked_yaml.hpp"
#include "support/temp_dir.hpp"

#include <fmt/format.h>

using namespace pictor::host;
using pictor::test::MarkedYaml;
using pictor::test::TempDir;

namespace {

Config load_policy(const std::string &text) {
  const TempDir dir;
  return load_config(dir.write("run.yaml", text));
}

// A job of two models, "painter" with these lines of its own.
std::string two_models(const std::string &lines, const std::string &job_lines = "") {
  return "pictor: 1\nmodels:\n  painter:\n    plugin: x\n" + lines +
         "  other: {plugin: x}\njob:\n  model: painter\n  prompts: p.txt\n" + job_lines +
         "  output: {dir: out}\n";
}

std::string policy_error(const std::string &marked) {
  const MarkedYaml yaml(marked);
  try {
    load_policy(yaml.text);
  } catch (const Error &error) {
    return yaml.message_at_mark(error.what());
  }
  return "no error";
}

// "5 attempts, 0.5..8 s: refused skip, ...": what a model does about failures.
std::string told(const RetryConfig &retry) {
  std::string text =
      fmt::format("{} attempts, {}..{} s", retry.attempts, retry.first_backoff, retry.most_backoff);
  if (retry.deadline) text += fmt::format(", {} s each", *retry.deadline);
  if (retry.redraw_maybe_billed) text += ", redraw";
  for (const Outcome outcome : policy_outcomes) {
    text += fmt::format("{} {} {}", outcome == Outcome::refused ? ":" : ",", name_of(outcome),
                        name_of(retry.on(outcome).action));
    if (!retry.on(outcome).fallback.empty()) text += " " + retry.on(outcome).fallback;
  }
  return text;
}

}  // namespace

TEST_CASE("a silent file asks again where that helps") {
  CHECK(told(load_policy(two_models("")).models[0].retry) ==
        "5 attempts, 0.5..8 s: refused skip, filtered skip, rate_limited retry, transient retry, "
        "oom retry, truncated skip, invalid skip, internal skip");
}

TEST_CASE("a model says what it does about failures") {
  const Config config = load_policy(two_models(
      "    retry: {attempts: 3, backoff: {first: 1, most: 60}, deadline: 300, maybe_billed: redraw,"
      " on: {refused: {fallback: other}, transient: stop, internal: retry}}\n"));
  CHECK(told(config.models[0].retry) ==
        "3 attempts, 1..60 s, 300 s each, redraw: refused fallback other, filtered skip, "
        "rate_limited retry, transient stop, oom retry, truncated skip, invalid skip, internal "
        "retry");
  CHECK(config.models[1].retry == RetryConfig());
}

TEST_CASE("the job's retry is the default of all models, key by key") {
  const Config config = load_policy(two_models("    retry: {attempts: 2, on: {oom: stop}}\n",
                                               "  retry: {attempts: 9, on: {oom: skip, invalid: "
                                               "{fallback: other}}}\n"));
  CHECK(config.models[0].retry.attempts == 2);
  CHECK(config.models[0].retry.on(Outcome::oom).action == RetryAction::stop);
  CHECK(config.models[0].retry.on(Outcome::invalid).fallback == "other");
  CHECK(config.models[1].retry.attempts == 9);
  CHECK(config.models[1].retry.on(Outcome::oom).action == RetryAction::skip);
  // Nobody falls back to itself.
  CHECK(config.models[1].retry.on(Outcome::invalid).action == RetryAction::skip);
}

TEST_CASE("limits are read") {
  const LimitsConfig limits =
      load_policy(
          two_models("    limits: {concurrency: 8, adaptive: false, requests_per_second: 0.5, "
                     "requests_per_minute: 60, requests_per_day: 1000, images_per_minute: 5, "
                     "tokens_per_minute: 100000}\n"))
          .models[0]
          .limits;
  CHECK(limits.concurrency == 8U);
  CHECK_FALSE(limits.adaptive);
  CHECK(limits.requests_per_second == 0.5);
  CHECK(limits.requests_per_minute == 60);
  CHECK(limits.requests_per_day == 1000U);
  CHECK(limits.images_per_minute == 5);
  CHECK(limits.tokens_per_minute == 100'000);
  CHECK(load_policy(two_models("")).models[0].limits == LimitsConfig());
}

TEST_CASE("a mistake in a policy is pointed at") {
  CHECK(policy_error(two_models("    retry: {[[attemps]]: 3}\n")) ==
        "unknown retry key 'attemps'; did you mean 'attempts'?");
  CHECK_THAT(policy_error(two_models("    retry: {attempts: [[0]]}\n")),
             ContainsSubstring("attempts must be"));
  CHECK(policy_error(two_models("    retry: {on: {[[refuse]]: skip}}\n")) ==
        "unknown on key 'refuse'; did you mean 'refused'?");
  CHECK_THAT(policy_error(two_models("    retry: {on: {refused: [[again]]}}\n")),
             ContainsSubstring("refused must be one of: retry, skip, stop"));
  CHECK(policy_error(two_models("    retry: {on: {refused: {fallback: [[othr]]}}}\n")) ==
        "there is no model 'othr'; did you mean 'other'?");
  CHECK(policy_error(two_models("    retry: {on: {refused: {[[falback]]: other}}}\n")) ==
        "unknown reaction key 'falback'; did you mean 'fallback'?");
  CHECK(policy_error(two_models("    retry: {backoff: {first: 10, most: [[2]]}}\n")) ==
        "backoff begins with 10 s and ends with 2 s");
  CHECK(policy_error(two_models("    retry: {backoff: {first: [[10]]}}\n")) ==
        "backoff begins with 10 s and ends with 8 s");
  CHECK_THAT(policy_error(two_models("    limits: {requests_per_minute: [[0]]}\n")),
             ContainsSubstring("requests_per_minute must be"));
  CHECK_THAT(policy_error(two_models("", "  retry: {on: {oom: {fallback: [[nobody]]}}}\n")),
             ContainsSubstring("there is no model 'nobody'"));
}

TEST_CASE("fallbacks must not go round in a circle") {
  CHECK(policy_error(two_models("    retry: {on: {refused: {fallback: [[painter]]}}}\n")) ==
        "fallbacks go round in a circle: painter -> painter");
  CHECK(policy_error("pictor: 1\nmodels:\n"
                     "  a: {plugin: x, retry: {on: {refused: {fallback: b}}}}\n"
                     "  b: {plugin: x, retry: {on: {oom: {fallback: c}}}}\n"
                     "  c: {plugin: x, retry: {on: {internal: {fallback: [[a]]}}}}\n"
                     "job: {model: a, prompts: p.txt, output: {dir: o}}\n") ==
        "fallbacks go round in a circle: a -> b -> c -> a");
  CHECK_NOTHROW(
      load_policy("pictor: 1\nmodels:\n"
                  "  a: {plugin: x, retry: {on: {refused: {fallback: b}, oom: {fallback: c}}}}\n"
                  "  b: {plugin: x, retry: {on: {oom: {fallback: c}}}}\n"
                  "  c: {plugin: x}\njob: {model: a, prompts: p.txt, output: {dir: o}}\n"));
}

TEST_CASE("a resolved job repeats limits and policy") {
  const Config first = load_policy(
      two_models("    limits: {requests_per_minute: 7.5, adaptive: false}\n"
                 "    retry: {deadline: 90, on: {refused: {fallback: other}, transient: skip}}\n",
                 "  retry: {maybe_billed: redraw}\n"));
  const std::string text = to_yaml(first);
  const Config second = load_policy(text);
  CHECK(to_yaml(second) == text);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(second.models[i].limits == first.models[i].limits);
    CHECK(second.models[i].retry == first.models[i].retry);
  }
  CHECK(to_yaml(load_policy(two_models(""))).find("retry") == std::string::npos);
}

TEST_CASE("a flag sets a single key of a policy") {
  const TempDir dir;
  const auto file =
      dir.write("run.yaml", two_models("    retry: {on: {oom: {fallback: other}}}\n"));
  const Config config = load_config(file, {{"models.painter.retry.attempts", "2"},
                                           {"models.painter.retry.on.refused", "retry"},
                                           {"models.painter.retry.on.oom", "stop"}});
  CHECK(config.models[0].retry.attempts == 2);
  CHECK(config.models[0].retry.on(Outcome::refused).action == RetryAction::retry);
  CHECK(config.models[0].retry.on(Outcome::oom).action == RetryAction::stop);
}

TEST_CASE("the schema takes a word or a fallback as a reaction") {
  const Json model = config_schema({})["properties"]["models"]["additionalProperties"];
  const Json refused =
      model["properties"]["retry"]["properties"]["on"]["properties"]["refused"]["anyOf"];
  REQUIRE(refused.size() == 2);
  CHECK(refused[1]["properties"].contains("fallback"));
}
