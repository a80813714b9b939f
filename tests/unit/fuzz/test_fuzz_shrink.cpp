#include "fuzz/shrink.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace pictor::host;
using namespace pictor::host::fuzz;

namespace {

Step step(Call call, unsigned slot = 0) {
  Step step;
  step.call = call;
  step.slot = slot;
  step.own_thread = true;
  return step;
}

// 40 steps in three slots, everything about them special.
Script long_script() {
  Script script;
  script.host = {check::Shape::grown, false};
  for (unsigned i = 0; i < 40; ++i) {
    script.steps.push_back(step(i % 4 == 0 ? Call::unload : Call::draw, i % 3));
    script.steps.back().requests = {{"x", 3, {7, 8}, {{"steps", 1}, {"size", 2}}, 1},
                                    {"y", 1, {9}, {}, 0}};
  }
  return script;
}

std::size_t count(const Script &script, Call call) {
  return static_cast<std::size_t>(
      std::count_if(script.steps.begin(), script.steps.end(),
                    [&](const Step &each) { return each.call == call; }));
}

}  // namespace

TEST_CASE("What the failure does not need is left out") {
  int tries = 0;
  const Script small = shrink(long_script(), [&](const Script &script) {
    ++tries;
    // Two unloads, and after them a draw with steps.
    std::size_t unloads = 0;
    for (const Step &each : script.steps) {
      unloads += each.call == Call::unload ? 1 : 0;
      const bool has_steps =
          !each.requests.empty() && each.requests[0].parameters.count("steps") != 0;
      if (unloads >= 2 && each.call == Call::draw && has_steps) return true;
    }
    return false;
  });
  CHECK(tries < 400);
  REQUIRE(small.steps.size() == 3);
  CHECK(count(small, Call::unload) == 2);
  const Step &last = small.steps.back();
  CHECK(last.call == Call::draw);
  CHECK(last.slot < 3);
  CHECK_FALSE(last.own_thread);
  REQUIRE(last.requests.size() == 1);
  CHECK(last.requests[0].prompt == "a");
  CHECK(last.requests[0].times == 1);
  CHECK(last.requests[0].seeds == std::vector<std::uint64_t>{1});
  CHECK(last.requests[0].parameters.size() == 1);
  CHECK(small.host.shape == check::Shape::plain);
  CHECK(small.host.keeps_logs);
}

TEST_CASE("What the failure needs stays, however much it is") {
  const Script whole = long_script();
  const Script same = shrink(
      whole, [&](const Script &script) { return script_text(script) == script_text(whole); });
  CHECK(script_text(same) == script_text(whole));
}

TEST_CASE("When there is no more time, the best so far is the answer") {
  int left = 3;
  const Script some = shrink(long_script(), [&](const Script &script) {
    if (left-- == 0) throw Enough{};
    return script.steps.size() >= 10;
  });
  CHECK(some.steps.size() < 40);
  CHECK(some.steps.size() >= 10);
}
