// Two plugins that need two libraries of one name. Here nothing says that they run in workers.
#include "../plugin/fixtures.hpp"
#include "../plugin/recorded_events.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "worker/isolation.hpp"

#include <memory>
#include <string>

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::shared_ptr<const Plugin> plugin_in(Isolation mode, const std::string &id) {
  IsolationConfig isolation;
  isolation.mode = mode;
  return Plugin::load(fixture(id), choose_source(isolation));
}

int shade_drawn_by(const std::shared_ptr<const Plugin> &plugin) {
  Model model(plugin, "", {});
  REQUIRE_FALSE(model.load({}, {}));
  const auto events = std::make_shared<RecordedEvents>();
  model.generate(requests(1), events);
  REQUIRE(events->wait_for(1) == "0: picture 0, done");
  return *events->picture(0).data;
}

}  // namespace

TEST_CASE("of two plugins whose libraries have one name the second runs in a worker") {
  const CapturedLog captured(LogLevel::info);
  CHECK(shade_drawn_by(plugin_in(Isolation::automatic, "dark-painter")) == 16);
  CHECK(captured.text().empty());
  CHECK(shade_drawn_by(plugin_in(Isolation::automatic, "light-painter")) == 240);
  CHECK_THAT(captured.text(), ContainsSubstring("light-painter/libbrush.so.1") &&
                                  ContainsSubstring("dark-painter/libbrush.so.1") &&
                                  ContainsSubstring("it runs in a worker"));

  // The first stays where it is, and who insists gets the other's library.
  CHECK(plugin_in(Isolation::automatic, "dark-painter") ==
        plugin_in(Isolation::in_process, "dark-painter"));
  CHECK(shade_drawn_by(plugin_in(Isolation::in_process, "light-painter")) == 16);
  CHECK_THAT(captured.text(), ContainsSubstring("isolation: auto would part them"));
}
