#include "plan_script.hpp"
#include "support/catch.hpp"

using pictor::host::Plan;
using pictor::test::PlanScript;

TEST_CASE("rows are handed out in order, each with all its pictures") {
  PlanScript script("2 1 3");
  CHECK(script.take(1) == "0.0 0.1");
  CHECK(script.take(5) == "1.0, 2.0 2.1 2.2");
  CHECK(script.take(5) == "");
}

TEST_CASE("what has a final end is not drawn again") {
  PlanScript script("2 1 3");
  script.recorded("0.1 ok, 1.0 refused, 2.0 transient, 2.2 maybe_billed");
  CHECK(script.take(9) == "0.0, 2.0 2.1");
  CHECK(script.counts() == "wanted 6: 0 open, 3 running, 1 ok, 1 refused, 1 maybe_billed");
}

TEST_CASE("ends that the plan does not want are ignored") {
  PlanScript script("1 1@0", 2);
  script.recorded("0.5 ok, 7.0 ok, 1.0@1 ok, 0.0@9 ok");
  CHECK(script.counts() == "wanted 3: 3 open, 0 running");
}

TEST_CASE("an end that is recorded twice counts once") {
  PlanScript script("1");
  script.recorded("0.0 ok, 0.0 ok");
  CHECK(script.counts() == "wanted 1: 0 open, 0 running, 1 ok");
}

TEST_CASE("a row without pictures is skipped") {
  PlanScript script("1 0 1");
  CHECK(script.take(9) == "0.0, 2.0");
}

TEST_CASE("models progress at their own pace") {
  PlanScript script("1 1 1", 2);
  CHECK(script.take(3, 0) == "0.0, 1.0, 2.0");
  CHECK(script.take(1, 1) == "0.0");
  CHECK(script.take(1, 1) == "1.0");
}

TEST_CASE("a model column sends a row to one model only") {
  PlanScript script("1@1 1 1@0", 2);
  CHECK(script.take(9, 0) == "1.0, 2.0");
  CHECK(script.take(9, 1) == "0.0, 1.0");
}

TEST_CASE("the counts always add up to what is wanted") {
  PlanScript script("2 1");
  CHECK(script.counts() == "wanted 3: 3 open, 0 running");
  script.take(1);
  CHECK(script.counts() == "wanted 3: 1 open, 2 running");
  script.finish("0.0 ok, 0.1 oom");
  CHECK(script.counts() == "wanted 3: 1 open, 0 running, 1 ok, 1 oom");
  CHECK(script.plan.counts().ended() == 2);
}

TEST_CASE("a limit takes the first pictures by row, then model, then generation") {
  PlanScript script("2 2", 2);
  script.recorded("0.0@0 ok");
  script.plan.limit(4);
  CHECK(script.take(9, 0) == "0.1, 1.0");
  CHECK(script.take(9, 1) == "0.0 0.1");
  CHECK_FALSE(script.plan.has_work(0));
  CHECK(script.plan.counts().beyond_limit == 3);
  CHECK(script.counts() == "wanted 8: 3 open, 4 running, 1 ok");
}

TEST_CASE("a limit of nothing leaves no work") {
  PlanScript script("2");
  script.plan.limit(0);
  CHECK(script.take(9) == "");
  CHECK(script.counts() == "wanted 2: 2 open, 0 running");
}

TEST_CASE("a limit beyond the end changes nothing") {
  PlanScript script("2");
  script.plan.limit(100);
  CHECK(script.take(9) == "0.0 0.1");
}

TEST_CASE("a stopped model gets no more work, the others go on") {
  PlanScript script("1 1", 2);
  CHECK(script.take(1, 0) == "0.0");
  script.plan.stop_model(0);
  CHECK_FALSE(script.plan.has_work(0));
  CHECK(script.take(9, 0) == "");
  CHECK(script.take(9, 1) == "0.0, 1.0");
  script.finish("0.0 transient");
  CHECK(script.counts() == "wanted 4: 1 open, 2 running, 1 transient");
}

TEST_CASE("a picture that was put back comes again when its time has come") {
  PlanScript script("2 1");
  script.take(1);
  script.finish("0.1 ok").put_back("0.0", 30);
  CHECK(script.plan.has_work(0));
  CHECK(script.plan.next_time(0) == PlanScript::second(30));
  CHECK(script.take(1, 0, 29) == "1.0");
  CHECK(script.take(1, 0, 29) == "");
  CHECK(script.take(1, 0, 30) == "0.0");
  CHECK_FALSE(script.plan.next_time(0));
  CHECK(script.counts() == "wanted 3: 0 open, 2 running, 1 ok");
}

TEST_CASE("pictures of a row that wait for the same time travel together") {
  PlanScript script("3 1");
  script.take(2);
  script.put_back("0.2", 5).put_back("1.0", 5).put_back("0.0", 5).finish("0.1 ok");
  CHECK(script.take(1, 0, 5) == "0.0 0.2");
  CHECK(script.take(1, 0, 5) == "1.0");
}

TEST_CASE("work that was not begun can be put back at once") {
  PlanScript script("1 1");
  script.take(2);
  script.plan.put_back({0, 0, 0});
  CHECK(script.counts() == "wanted 2: 1 open, 1 running");
  CHECK(script.take(9) == "0.0");
}

TEST_CASE("a picture that is sent to another model keeps the one that was wanted") {
  PlanScript script("1 2", 1, 1);
  CHECK_FALSE(script.plan.has_work(1));
  script.take(2);
  script.send_to("1.1", 1, 5).finish("0.0 ok, 1.0 ok");
  CHECK(script.plan.has_work(1));
  CHECK_FALSE(script.plan.has_work(0));
  CHECK(script.take(9, 1, 4) == "");
  CHECK(script.take(9, 1, 5) == "1.1@0");
  script.finish("1.1 ok");
  CHECK(script.counts() == "wanted 3: 0 open, 0 running, 3 ok");
}

TEST_CASE("pictures of one row for two models travel apart") {
  PlanScript both("1", 2);
  both.take(1, 0);
  both.take(1, 1);
  both.send_to("0.0@0", 1, 0).put_back("0.0@1", 0);
  CHECK(both.take(9, 1) == "0.0@0, 0.0");
}

TEST_CASE("what waits for a model that stops stays open") {
  PlanScript script("1", 1, 1);
  script.take(1);
  script.send_to("0.0", 1, 0);
  script.plan.stop_model(1);
  CHECK_FALSE(script.plan.has_work(1));
  CHECK(script.take(9, 1) == "");
  CHECK(script.counts() == "wanted 1: 1 open, 0 running");
}
