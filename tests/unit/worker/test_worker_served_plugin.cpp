// What a worker does with calls that its host should not have made. The plugin runs in this
// process.
#include "../plugin/fixtures.hpp"
#include "plugin/abi_read.hpp"
#include "support/catch.hpp"
#include "worker/served_plugin.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

using namespace pictor::host;
using namespace pictor::host::worker;
using namespace pictor::test;

namespace {

struct Served {
  explicit Served(const std::string &id = "minimal") : Served(Channel::make_sockets(3), id) {}
  Served(std::pair<Descriptor, Descriptor> ends, const std::string &id)
      : channel(std::move(ends.first)),
        other_end(std::move(ends.second)),
        plugin(channel, fixture(id).string(), PICTOR_LOG_WARNING) {}

  Json create(const std::string &model = "shade") {
    return plugin.answer({{"call", "create"}, {"model", model}, {"config", Json::array()}});
  }

  Channel channel;
  Descriptor other_end;
  ServedPlugin plugin;
};

Json cancel_of(std::uint64_t instance) {
  return {{"call", "cancel"},
          {"instance", instance},
          {"jobs", Json::array()},
          {"job", 1},
          {"request", 0}};
}

}  // namespace

TEST_CASE("a call for an instance that is not there is a fault of the call") {
  Served served;
  REQUIRE(served.plugin.answer({{"call", "init"}}).at("status") == PICTOR_OK);
  const Json made = served.create();
  for (const char *call :
       {"load", "unload", "model_name", "capacity", "validate", "generate", "submit", "destroy"}) {
    const Json question = {{"call", call}, {"instance", 7}, {"job", 1}};
    CHECK(message_of<ContractFault>([&] { served.plugin.answer(question); }) ==
          std::string(call) + ": this process has no instance 7");
  }
  CHECK(served.plugin.answer({{"call", "model_name"}, {"instance", made.at("instance")}})
            .at("name") == "one shade");
}

TEST_CASE("a cancel that comes after destroy is passed over") {
  Served served;
  REQUIRE(served.plugin.answer({{"call", "init"}}).at("status") == PICTOR_OK);
  const auto instance = served.create().at("instance").get<std::uint64_t>();
  CHECK_NOTHROW(served.plugin.cancel(cancel_of(instance)));
  served.plugin.answer({{"call", "destroy"}, {"instance", instance}});
  CHECK_NOTHROW(served.plugin.cancel(cancel_of(instance)));
}

TEST_CASE("a model is not destroyed while it is asked to cancel") {
  Served served("dawdling-cancel");
  REQUIRE(served.plugin.answer({{"call", "init"}}).at("status") == PICTOR_OK);
  const auto instance = served.create("only").at("instance").get<std::uint64_t>();
  std::thread canceller([&] { served.plugin.cancel(cancel_of(instance)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  // The plugin ends the process when it is.
  CHECK(served.plugin.answer({{"call", "destroy"}, {"instance", instance}}) == Json::object());
  canceller.join();
}

TEST_CASE("a worker tells which functions a table has") {
  Served served;
  CHECK(served.plugin.describe().at("functions").size() == 8);
  const Json functions = served.create().at("functions");
  const auto has = [&](const char *name) {
    return std::find(functions.begin(), functions.end(), name) != functions.end();
  };
  CHECK(has("generate"));
  CHECK_FALSE(has("submit"));
}
