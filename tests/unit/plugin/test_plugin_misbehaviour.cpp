#include "fixtures.hpp"
#include "plugin/log_limit.hpp"
#include "plugin/plugin.hpp"
#include "recorded_events.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

#include <algorithm>

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::string draw(const std::string &id, std::vector<ModelRequest> batch,
                 const std::shared_ptr<RecordedEvents> &events) {
  Model model(load_fixture(id), "", {});
  REQUIRE_FALSE(model.load({}, {}));
  const std::size_t count = batch.size();
  model.generate(std::move(batch), events);
  return events->wait_for(count);
}

}  // namespace

TEST_CASE("images that break the contract are refused, each with its reason in the log") {
  const CapturedLog captured;
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw("lies-about-size", requests(1), events) == "0: picture 0, done");
  const std::string log = captured.text();
  for (const char *reason :
       {"strides 1, 0, 0 lead outside the 1 bytes", "a raw image of 65537 x 4", "channels is 2",
        "an image of 1 bytes at NULL", "kind is 7", "struct_size is 16", "media_type 'text/html'",
        "image_index 1, but 1 pictures were asked for", "request 1 of a job of 1",
        "image_index 0 comes twice"}) {
    CHECK_THAT(log, ContainsSubstring(std::string("plugin lies-about-size: job_image: ")) &&
                        ContainsSubstring(reason));
  }
  CHECK(captured.lines().size() == 15);
}

TEST_CASE("what comes after a request's end changes nothing") {
  const CapturedLog captured;
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw("two-terminals", requests(2), events) == "0: picture 0, done | 1: picture 0, done");
  CHECK(events->order_of_ends() == std::vector<std::uint32_t>{0, 1});
  CHECK(captured.text() ==
        "error: plugin two-terminals: all stale\nerror: plugin two-terminals: all stale\n");
}

TEST_CASE("a request that the plugin forgets is ended by the host") {
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw("no-terminal", requests(3), events) ==
        "0: picture 0, done | 1: picture 0, internal | 2: picture 0, internal");
  CHECK(events->failure(2).message == "the plugin returned without ending this request");
}

TEST_CASE("calls about jobs that are gone, or never were, touch nothing") {
  const CapturedLog captured;
  const auto first = std::make_shared<RecordedEvents>();
  const auto second = std::make_shared<RecordedEvents>();
  CHECK(draw("late-calls", requests(1), first) == "0: picture 0, done");
  CHECK(draw("late-calls", requests(1), second) == "0: picture 0, done");
  CHECK(first->order_of_ends().size() == 1);
  CHECK(captured.text().empty());
}

TEST_CASE("a plugin that never answers is given up") {
  const CapturedLog captured;
  const auto events = std::make_shared<RecordedEvents>();
  const auto plugin = load_fixture("never-answers");
  {
    Model model(plugin, "", {});
    REQUIRE_FALSE(model.load({}, {}));
    model.generate(requests(2), events);
    CHECK_FALSE(model.drain(std::chrono::milliseconds(0)));
    CHECK(events->wait_for(2) == "0: internal | 1: internal");
    CHECK(events->failure(0).message == "the plugin did not end this request");
    const auto later = std::make_shared<RecordedEvents>();
    model.generate(requests(1), later);
    CHECK(later->wait_for(1) == "0: internal");
    CHECK(later->failure(0).message == "the model hangs and was given up");
  }
  CHECK(plugin->has_models());
  CHECK_THAT(captured.text(),
             ContainsSubstring("model 'only' did not end its work and is given up"));
}

TEST_CASE("a plugin's flood of lines is dammed and made safe") {
  const CapturedLog captured;
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw("chatty", requests(1), events) == "0: picture 0, done");
  const auto lines = captured.lines();
  CHECK(lines.front().starts_with("error: plugin chatty: a"));
  CHECK(lines.front().find_first_of("\x1b\n") == std::string::npos);
  // The bucket refills while the test runs, however long that takes; most lines are dropped still.
  CHECK(lines.size() >= LogLimit::burst);
  CHECK(lines.size() < 10000);
}

TEST_CASE("failing without an error still ends the request") {
  const CapturedLog captured;
  const auto events = std::make_shared<RecordedEvents>();
  CHECK(draw("fails", requests(1, 1, "-1"), events) == "0: internal");
  CHECK_THAT(events->failure(0).message, ContainsSubstring("pictor_error is NULL"));
}
