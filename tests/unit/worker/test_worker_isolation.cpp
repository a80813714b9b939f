// Where `isolation: auto` runs a plugin.
#include "../plugin/fixtures.hpp"
#include "../plugin/recorded_events.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
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

TEST_CASE("a plugin whose model prefers isolation runs in a worker, unless the user says where") {
  const auto automatic = plugin_in(Isolation::automatic, "prefers-isolation");
  CHECK(automatic == plugin_in(Isolation::worker, "prefers-isolation"));
  CHECK(automatic != plugin_in(Isolation::in_process, "prefers-isolation"));
  CHECK(plugin_in(Isolation::automatic, "echo") == plugin_in(Isolation::in_process, "echo"));
}

TEST_CASE("a plugin for GPUs runs in a worker where there is one, unless the user says where") {
  CHECK(plugin_in(Isolation::automatic, "beside-gpu") ==
        plugin_in(has_gpu() ? Isolation::worker : Isolation::in_process, "beside-gpu"));
  CHECK(plugin_in(Isolation::worker, "beside-gpu") !=
        plugin_in(Isolation::in_process, "beside-gpu"));
}

TEST_CASE("a GPU is known by the device file of its driver") {
  const TempDir folder;
  CHECK_FALSE(has_gpu(folder.path()));
  CHECK_FALSE(has_gpu(folder / "nowhere"));
  folder.write("null", "");
  CHECK_FALSE(has_gpu(folder.path()));
  folder.write("nvidiactl", "");
  CHECK(has_gpu(folder.path()));
}
