#include "base/error.hpp"
#include "fuzz/script.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::host::fuzz;
using pictor::test::TempDir;

namespace {

std::string why_not(const std::string &text) {
  const TempDir folder;
  try {
    read_script(folder.write("script.json", text));
    return {};
  } catch (const Error &error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("A script is the same after it was written and read") {
  Script script;
  script.seed = 0xfeed;
  script.host = {check::Shape::page_end, false};
  Step create;
  create.model = "a";
  create.parameters = {{"device", "cpu"}};
  Step draw;
  draw.call = Call::draw;
  draw.slot = 2;
  draw.own_thread = draw.refuse_checkpoints = draw.release_at_once = true;
  draw.requests = {{std::string("a\0b\n", 4), 7, {1, UINT64_MAX}, {{"steps", 3}}, 2}, {}};
  draw.waits = false;
  draw.cancel_at = 0;
  draw.refuse_image = 1;
  draw.slow_ms = 5;
  Step cancel;
  cancel.call = Call::cancel;
  cancel.request = 1;
  script.steps = {create, draw, cancel};
  const TempDir folder;
  const std::string text = script_text(script);
  const Script read = read_script(folder.write("script.json", text));
  CHECK(script_text(read) == text);
  REQUIRE(read.steps.size() == 3);
  CHECK(read.seed == 0xfeed);
  CHECK(read.steps[1].requests[0].prompt == std::string("a\0b\n", 4));
  CHECK(read.steps[1].requests[0].seeds[1] == UINT64_MAX);
  CHECK(read.steps[1].cancel_at == 0u);
  CHECK_FALSE(read.steps[0].cancel_at);
}

TEST_CASE("What is no script is refused with its place") {
  CHECK_THAT(why_not("{"), ContainsSubstring("script.json is no script"));
  CHECK_THAT(why_not(R"({"pictor_fuzz": 2, "steps": []})"), ContainsSubstring("another version"));
  CHECK_THAT(why_not(R"({"pictor_fuzz": 1, "steps": [{"call": "await"}, {"call": "paint"}]})"),
             ContainsSubstring("step 2: there is no call 'paint'"));
  CHECK_THAT(why_not(R"({"pictor_fuzz": 1, "steps": [{"call": "draw", "requests": [{}]}]})"),
             ContainsSubstring("step 1: "));
  CHECK_THAT(why_not(R"({"pictor_fuzz": 1, "host": {"table": "round"}, "steps": []})"),
             ContainsSubstring("there is no host with a table 'round'"));
  CHECK_THAT(why_not(R"({"pictor_fuzz": 1, "steps": [{"call": "draw", "requests":
                         [{"prompt": "aaaa", "times": 4000000000, "seeds": [1]}]}]})"),
             ContainsSubstring("its prompt is too long"));
}

TEST_CASE("Seeds are hex digits") {
  CHECK(parse_seed("0x1F") == 0x1Fu);
  CHECK(parse_seed(seed_text(UINT64_MAX)) == UINT64_MAX);
  CHECK_FALSE(parse_seed(""));
  CHECK_FALSE(parse_seed("0x"));
  CHECK_FALSE(parse_seed("fox"));
  CHECK_FALSE(parse_seed("10000000000000000"));
}
