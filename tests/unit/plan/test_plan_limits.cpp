#include "limit_script.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using pictor::test::LimitScript;

namespace {

PoolMember limited(std::optional<double> LimitsConfig::*limit, double value) {
  PoolMember member = LimitScript::remote(100);
  member.limits.*limit = value;
  return member;
}

RateReport tokens(double count) {
  RateReport report;
  report.tokens = count;
  return report;
}

}  // namespace

TEST_CASE("calls at once are bounded by the window") {
  LimitScript script(LimitScript::remote(3));
  CHECK(script.send() == "3 left, then when one is back");
  CHECK(script.answer("ok").send() == "1 left, then when one is back");
}

TEST_CASE("requests are paced over the minute, not sent in one burst") {
  LimitScript script(limited(&LimitsConfig::requests_per_minute, 60));
  CHECK(script.send() == "1 left, then at 1 s");
  CHECK(script.at(0.5).send() == "0 left, then at 1 s");
  CHECK(script.at(1).send() == "1 left, then at 2 s");
  // What was not used is not saved up.
  CHECK(script.at(30).send() == "1 left, then at 31 s");
}

TEST_CASE("a minute never sees more than its requests and one") {
  LimitScript script(limited(&LimitsConfig::requests_per_minute, 7));
  int sent = 0;
  for (int tenth = 0; tenth < 600; ++tenth) sent += script.at(tenth / 10.0).send()[0] - '0';
  CHECK(sent == 7);
}

TEST_CASE("requests per second may come in tenths of it") {
  LimitScript script(limited(&LimitsConfig::requests_per_second, 50));
  CHECK(script.send() == "5 left, then at 0.02 s");
  CHECK(script.at(0.1).send() == "5 left, then at 0.12 s");
}

TEST_CASE("a request pays for all its pictures") {
  LimitScript script(limited(&LimitsConfig::images_per_minute, 6));
  CHECK(script.send(100, 4) == "1 left, then at 40 s");
  CHECK(script.at(40).send(100, 1) == "1 left, then at 50 s");
}

TEST_CASE("tokens are settled when the answer tells them") {
  LimitScript script(limited(&LimitsConfig::tokens_per_minute, 6000));
  // Nobody knows yet what a request takes.
  CHECK(script.send(2) == "2 left, then now");
  CHECK(script.answer("ok ok", -1, tokens(1000)).next() == "at 19.91 s");
  // From now on a request takes the usual 1000 ahead.
  CHECK(script.at(19.91).send() == "1 left, then at 29.91 s");
  // One that failed took none.
  CHECK(script.answer("rate_limited").next() == "now");
}

TEST_CASE("a day's requests come as fast as they may, and again a day later") {
  PoolMember member = LimitScript::remote(100);
  member.limits.requests_per_day = 3;
  LimitScript script(member);
  CHECK(script.at(10).send(2) == "2 left, then now");
  CHECK(script.at(3600).send() == "1 left, then at 86410 s");
  CHECK(script.waiting() == "requests_per_day is reached");
  CHECK(script.at(86'410).send() == "2 left, then at 90000 s");
}

TEST_CASE("a rate limit takes a quarter of the window, once per round trip") {
  LimitScript script(LimitScript::remote(8));
  CHECK(script.send() == "8 left, then when one is back");
  script.at(1).answer("rate_limited rate_limited rate_limited rate_limited");
  CHECK(script.send() == "2 left, then when one is back");  // 6 of 8
  // Four of the old ones and two new ones are out: only the new ones can tell anything new.
  script.at(2).answer("rate_limited rate_limited rate_limited rate_limited");
  CHECK(script.send() == "4 left, then when one is back");
  script.at(3).answer("rate_limited");
  CHECK(script.send() == "0 left, then when one is back");  // 5 of 8, five are out
}

TEST_CASE("a window grows by one after a run of successes, up to what the user allows") {
  LimitScript script(LimitScript::remote(4));
  script.send();
  script.at(1).answer("rate_limited ok ok ok");
  CHECK(script.send() == "4 left, then when one is back");
  LimitScript small(LimitScript::remote(4));
  small.send();
  small.at(1).answer("rate_limited rate_limited ok ok");
  CHECK(small.send() == "3 left, then when one is back");
  CHECK(small.answer("ok").send() == "2 left, then when one is back");
  CHECK(small.answer("ok ok ok ok").send() == "4 left, then when one is back");
}

TEST_CASE("a window is never closed") {
  LimitScript script(LimitScript::remote(1));
  for (int second = 0; second < 20; second += 2) {
    CHECK(script.at(second).send() == "1 left, then when one is back");
    script.at(second + 1).answer("rate_limited");
  }
}

TEST_CASE("adaptive: false, and a local model, keep the user's number") {
  PoolMember fixed = LimitScript::remote(4);
  fixed.limits.adaptive = false;
  PoolMember local = LimitScript::remote(4);
  local.remote = false;
  for (const PoolMember &member : {fixed, local}) {
    LimitScript script(member);
    script.send();
    script.at(1).answer("rate_limited rate_limited rate_limited rate_limited");
    CHECK(script.send() == "4 left, then when one is back");
  }
}

TEST_CASE("a Retry-After stops the whole pool for its time") {
  LimitScript script(LimitScript::remote(4));
  script.send(3);
  script.at(1).answer("rate_limited", 20'000);
  CHECK(script.send() == "0 left, then at 21 s");
  CHECK(script.waiting() == "rate limited by the provider for 20 s");
  script.at(2).answer("transient", 5'000);
  CHECK(script.next() == "at 21 s");
  CHECK(script.at(21).waiting() == "");
  CHECK(script.send(1) == "1 left, then now");
}

TEST_CASE("an answer that says nothing is left stops the pool until the reset") {
  LimitScript script(LimitScript::remote(4));
  RateReport report;
  report.add(Json{{"ratelimit_remaining_requests", 0}, {"ratelimit_reset_requests_ms", 1500}});
  report.add(Json{{"ratelimit_remaining_tokens", 12}, {"ratelimit_reset_tokens_ms", 9000}});
  script.send(1);
  CHECK(script.at(1).answer("ok", -1, report).next() == "at 2.5 s");
}

TEST_CASE("what a plugin reports of limits may be anything") {
  RateReport report;
  report.add(Json::array());
  report.add(Json{{"tokens", "many"}, {"ratelimit_remaining_requests", -1}});
  CHECK_FALSE(report.tokens);
  CHECK(report.pause_seconds() == 0);
  report.add(Json{{"tokens", 7}});
  report.add(Json{{"tokens", 1}, {"total_tokens", 12}});
  CHECK(report.tokens == 12);
}

TEST_CASE("models of one pool share its limits: the smallest, and the most calls") {
  PoolMember a = LimitScript::remote(2), b = LimitScript::remote(5);
  LimitScript calls({a, b});
  CHECK(calls.send() == "5 left, then when one is back");
  a.limits.requests_per_minute = 30;
  b.limits.requests_per_minute = 60;
  LimitScript rates({a, b});
  CHECK(rates.send() == "1 left, then at 2 s");
}

TEST_CASE("a pool is known by the values of the LIMIT_KEY parameters") {
  const auto load = [](const std::string &id, bool key) {
    ParameterSpec spec;
    spec.id = id;
    spec.scope = ParameterScope::load;
    spec.limit_key = key;
    return spec;
  };
  const std::vector<ParameterSpec> specs = {load("api_key", true), load("base_url", true),
                                            load("model", false)};
  const Parameters one = {{"api_key", "KEY"}, {"model", "large"}};
  const Parameters same = {{"api_key", "KEY"}, {"model", "small"}};
  const Parameters other = {{"api_key", "KEY"}, {"base_url", "http://localhost"}};
  CHECK(pool_key("openai", "a", specs, one) == pool_key("openai", "b", specs, same));
  CHECK(pool_key("openai", "a", specs, one) != pool_key("openai", "b", specs, other));
  CHECK(pool_key("openai", "a", specs, one) != pool_key("other", "a", specs, one));
  CHECK(pool_key("local", "a", {}, {}) != pool_key("local", "b", {}, {}));
}
