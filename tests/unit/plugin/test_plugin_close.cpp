// A program of its own: closing the plugins is the last thing that a process does with them.
#include "base/error.hpp"
#include "fixtures.hpp"
#include "plugin/plugin.hpp"
#include "recorded_events.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"

using namespace pictor::host;
using namespace pictor::test;

TEST_CASE("closing says goodbye to every plugin that let go of its work, once") {
  const auto hanging = Plugin::load(fixture("never-answers"));
  {
    const auto events = std::make_shared<RecordedEvents>();
    Model model(hanging, "", {});
    model.generate(requests(1), events);
    CHECK_FALSE(model.drain(std::chrono::milliseconds(0)));
  }
  {
    const auto events = std::make_shared<RecordedEvents>();
    Model model(Plugin::load(fixture("goodbye")), "", {});
    model.generate(requests(1), events);
    CHECK(events->wait_for(1) == "0: picture 0, done");
  }
  const CapturedLog captured;
  close_plugins();
  close_plugins();
  CHECK(captured.text() == "error: plugin goodbye: goodbye\n");
  CHECK_THROWS_AS(Plugin::load(fixture("goodbye")), Error);
}
