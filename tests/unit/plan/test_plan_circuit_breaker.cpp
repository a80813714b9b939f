#include "limit_script.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using pictor::test::LimitScript;

namespace {

// A pool that met eight failures in a row, at second 1.
LimitScript dead_endpoint() {
  LimitScript script(LimitScript::remote(4));
  script.send(4);
  script.at(1).answer("transient transient transient transient");
  script.send(4);
  script.answer("transient transient transient transient");
  return script;
}

}  // namespace

TEST_CASE("a run of failures lets single probes go only") {
  LimitScript script = dead_endpoint();
  CHECK(script.pool.in_trouble());
  CHECK(script.waiting() == "8 requests in a row failed; trying one at a time: HTTP 503");
  CHECK(script.send() == "0 left, then at 1.5 s");
  CHECK(script.at(1.5).send() == "1 left, then when one is back");
  CHECK(script.pool.most_requests() == 1);
}

TEST_CASE("one success between is enough to go on") {
  LimitScript script(LimitScript::remote(4));
  for (int i = 0; i < 4; ++i) {
    script.send(4);
    script.answer("transient transient transient ok");
  }
  CHECK_FALSE(script.pool.in_trouble());
}

TEST_CASE("a refusal is an answer, a rate limit is none of either kind") {
  LimitScript script(LimitScript::remote(4));
  script.send(4);
  script.answer("transient transient transient refused");
  script.send(4);
  script.answer("transient transient transient transient");
  CHECK_FALSE(script.pool.in_trouble());
  script.send(4);
  script.answer("rate_limited transient transient transient");
  CHECK_FALSE(script.pool.in_trouble());
  script.send(1);
  script.answer("transient");
  CHECK(script.pool.in_trouble());
}

TEST_CASE("many at once are given twice their number before they count as a run") {
  LimitScript script(LimitScript::remote(10));
  std::string nine;
  for (int i = 0; i < 10; ++i) nine += "transient ";
  script.send();
  script.answer(nine);
  CHECK_FALSE(script.pool.in_trouble());
  script.send();
  script.answer(nine);
  CHECK(script.pool.in_trouble());
}

TEST_CASE("the first probe that succeeds opens the way for all") {
  LimitScript script = dead_endpoint();
  script.at(1.5).send();
  script.at(2).answer("ok");
  CHECK(script.waiting() == "");
  CHECK(script.send() == "4 left, then when one is back");
}

TEST_CASE("probes wait longer each time, and the sixth failure is the end") {
  LimitScript script = dead_endpoint();
  double second = 1.5;
  std::string times;
  for (int probe = 1; probe <= 6; ++probe) {
    CHECK(script.at(second).send() == "1 left, then when one is back");
    script.answer("transient");
    times += script.next() + ", ";
    second += std::min(0.5 * (1 << probe), 8.0);
  }
  CHECK(times == "at 2.5 s, at 4.5 s, at 8.5 s, at 16.5 s, at 24.5 s, when one is back, ");
  REQUIRE(script.pool.given_up());
  CHECK(script.pool.given_up()->message ==
        "14 requests in a row failed, the last 6 one by one: HTTP 503");
  CHECK(script.pool.given_up()->stops_model);
}

TEST_CASE("what was out when the run was noticed is no probe") {
  LimitScript script(LimitScript::remote(20));
  std::string all;
  for (int i = 0; i < 19; ++i) all += "transient ";
  script.send();
  script.at(1).answer(all + "transient");
  script.send();
  script.answer(all);
  CHECK_FALSE(script.pool.in_trouble());
  script.send();
  script.answer(all + "transient");
  CHECK(script.waiting() == "59 requests in a row failed; trying one at a time: HTTP 503");
  CHECK(script.send() == "0 left, then at 1.5 s");
}

TEST_CASE("an answer to a probe that is no picture still shows that somebody is there") {
  LimitScript script = dead_endpoint();
  script.at(1.5).send();
  script.at(2).answer("rate_limited");
  CHECK_FALSE(script.pool.in_trouble());
}

TEST_CASE("a probe that was taken back is asked for again") {
  LimitScript script = dead_endpoint();
  script.at(1.5).send();
  script.answer("cancelled");
  CHECK(script.pool.in_trouble());
  CHECK(script.send() == "1 left, then when one is back");
}
