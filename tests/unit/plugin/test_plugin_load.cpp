#include "base/error.hpp"
#include "fixtures.hpp"
#include "plugin/library.hpp"
#include "plugin/plugin.hpp"
#include "plugin/plugin_table.hpp"
#include "support/captured_log.hpp"
#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/temp_dir.hpp"
#include <pictor/abi.h>

#include <signal.h>

#include <cfenv>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

// Why the fixture cannot be loaded, without its path.
std::string refusal_of(const std::string &id) {
  const fs::path file = fs::canonical(fixture(id));
  try {
    Plugin::load(file);
  } catch (const Error &error) {
    CHECK(error.code() == ExitCode::plugin);
    const std::string message = error.what();
    REQUIRE(message.starts_with(file.string() + " "));
    return message.substr(file.string().size() + 1);
  }
  return "it was loaded";
}

}  // namespace

TEST_CASE("a plugin in plain C is loaded") {
  const auto plugin = Plugin::load(fixture("minimal"));
  CHECK(plugin->id() == "minimal");
  CHECK(plugin->version() == "1.2.3");
  CHECK(plugin->label() == "Minimal");
  CHECK(plugin->path() == fs::canonical(fixture("minimal")));
  REQUIRE(plugin->models().size() == 1);
  const ModelInfo &info = plugin->model("");
  CHECK(info.id == "shade");
  CHECK(info.sync);
  CHECK_FALSE(info.async);
  CHECK(info.deterministic);
  CHECK(info.max_concurrency == 1);
  REQUIRE(plugin->parameters("shade").size() == 1);
  CHECK(plugin->parameters("shade")[0].default_value == Json(128));
}

TEST_CASE("a table that is there already is a plugin as well") {
  const pictor_plugin *table = Plugin::load(fixture("minimal"))->functions().self;
  const auto plugin = Plugin::from_table(table, "/somewhere");
  CHECK(plugin->id() == "minimal");
  CHECK(plugin->path() == "/somewhere");
  CHECK(plugin->model("").id == "shade");
  CHECK(message_of<Error>([] { Plugin::from_table(nullptr, "/somewhere"); }) ==
        "/somewhere breaks the plugin contract: pictor_plugin is NULL");
}

TEST_CASE("the same file is one plugin, by whatever path") {
  const TempDir folder;
  fs::create_symlink(fixture("minimal"), folder / "link.so");
  CHECK(Plugin::load(folder / "link.so") == Plugin::load(fixture("minimal")));
}

TEST_CASE("an unknown model is an error that names those there are") {
  const auto plugin = Plugin::load(fixture("minimal"));
  try {
    plugin->model("hue");
    FAIL("an unknown model was found");
  } catch (const Error &error) {
    CHECK(error.what() == std::string("plugin 'minimal' has no model 'hue'"));
    CHECK(error.hint() == "it has: shade");
  }
}

TEST_CASE("a plugin that does not fit is refused with its reason") {
  CHECK(refusal_of("wrong-major") == "speaks plugin ABI 2.0, this host speaks 1.x");
  CHECK(refusal_of("hidden-major") ==
        "exports pictor_plugin_v2 only; this host knows pictor_plugin_v1");
  CHECK(refusal_of("too-new") == "needs a host of plugin ABI 1.99 or newer, this one is 1.0");
  CHECK(refusal_of("too-new-table") == "needs a host of plugin ABI 1.99 or newer, this one is 1.0");
  CHECK(refusal_of("no-note") == "has no Pictor note");
  CHECK(refusal_of("undefined-symbol") ==
        "cannot be loaded: undefined symbol: pictor_fixture_nowhere");
  CHECK(refusal_of("two-ids") ==
        "has two ids: 'two-ids' in its manifest, 'another' in pictor_plugin.id");
  CHECK(refusal_of("small-table") ==
        "breaks the plugin contract: pictor_plugin: struct_size is 8, expected " +
            std::to_string(sizeof(pictor_plugin)) + " or a little more");
  CHECK(refusal_of("null-function") ==
        "breaks the plugin contract: pictor_plugin.param_spec is NULL");
  CHECK(refusal_of("bad-spec") ==
        "breaks the plugin contract: model 'only', pictor_param_spec 0 'width': type is 4, but "
        "this well-known name has type 2");
}

TEST_CASE("a plugin that cannot start fails the same way each time") {
  CHECK(refusal_of("init-fails") == "could not start: the licence server is asleep");
  CHECK(refusal_of("init-fails") == "could not start: the licence server is asleep");
}

TEST_CASE("a missing file is no plugin") {
  CHECK(message_of<Error>([] { Plugin::load("/nowhere/x.so"); }) ==
        "there is no plugin file /nowhere/x.so");
}

TEST_CASE("what a plugin's constructors change in the process is put back") {
  const CapturedLog captured;
  struct sigaction before {};
  sigaction(SIGINT, nullptr, &before);
  Plugin::load(fixture("changes-process"));
  struct sigaction after {};
  sigaction(SIGINT, nullptr, &after);
  CHECK(std::fegetround() == FE_TONEAREST);
  CHECK(after.sa_handler == before.sa_handler);
  CHECK(captured.text() ==
        "warning: plugin changes-process: it changed the floating-point environment; put back\n"
        "warning: plugin changes-process: it changed the handling of Interrupt; put back\n");
}

TEST_CASE("threads of OpenMP wait briefly, unless the user says how") {
  const SetVariable policy("OMP_WAIT_POLICY", std::nullopt), spins("GOMP_SPINCOUNT", std::nullopt);
  shorten_openmp_waits();
  CHECK(std::getenv("OMP_WAIT_POLICY") == std::string{"PASSIVE"});
  CHECK(std::getenv("GOMP_SPINCOUNT") == std::string{"2000"});

  const SetVariable users("OMP_WAIT_POLICY", "ACTIVE"), none("GOMP_SPINCOUNT", std::nullopt);
  shorten_openmp_waits();
  CHECK(std::getenv("OMP_WAIT_POLICY") == std::string{"ACTIVE"});
  CHECK(std::getenv("GOMP_SPINCOUNT") == nullptr);
}
