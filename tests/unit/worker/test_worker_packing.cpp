#include "plugin/abi_read.hpp"
#include "worker/packing.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

using namespace pictor::host;
using namespace pictor::host::worker;

namespace {

pictor_str str(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view view(const pictor_str &text) {
  return {text.data, text.size};
}

template <class Struct>
Struct sized() {
  Struct made{};
  made.struct_size = sizeof made;
  return made;
}

// As the other process reads it.
Json sent(const Json &packed) {
  return Json::from_msgpack(Json::to_msgpack(packed));
}

}  // namespace

TEST_CASE("a value of every kind comes as it was") {
  const std::array strings = {str("a"), str(std::string_view("\xff\0", 2))};
  const std::array numbers = {0.1, -1e300, std::numeric_limits<double>::infinity()};
  auto item = sized<pictor_value>();
  item.bytes = str("\x89PNG");
  const std::array<const pictor_value *, 1> items = {&item};
  auto value = sized<pictor_value>();
  value.type = PICTOR_TYPE_SEED;
  value.i64 = std::numeric_limits<std::int64_t>::min();
  value.f64 = std::nan("");
  value.str = str("text");
  value.strings = strings.data();
  value.string_count = strings.size();
  value.numbers = numbers.data();
  value.number_count = numbers.size();
  value.items = items.data();
  value.item_count = items.size();

  Unpacked memory;
  const pictor_value &read = *memory.value(sent(pack(&value)));
  CHECK(read.struct_size == sizeof read);
  CHECK(read.type == PICTOR_TYPE_SEED);
  CHECK(read.i64 == value.i64);
  CHECK(std::isnan(read.f64));
  CHECK(view(read.str) == "text");
  REQUIRE(read.string_count == 2);
  CHECK(view(read.strings[1]) == view(strings[1]));
  REQUIRE(read.number_count == 3);
  CHECK(std::memcmp(read.numbers, numbers.data(), sizeof numbers) == 0);
  REQUIRE(read.item_count == 1);
  CHECK(view(read.items[0]->bytes) == "\x89PNG");
}

TEST_CASE("a request comes with its seeds, parameters and checkpoint") {
  const std::array<std::uint64_t, 2> seeds = {7, UINT64_MAX};
  auto value = sized<pictor_value>();
  value.type = PICTOR_TYPE_INT;
  value.i64 = 64;
  auto pair = sized<pictor_kv>();
  pair.key = "width";
  pair.value = &value;
  const std::array<const pictor_kv *, 1> pairs = {&pair};
  auto request = sized<pictor_request>();
  request.image_count = 2;
  request.seeds = seeds.data();
  request.prompt = str("a fox \xff");
  request.params = pairs.data();
  request.param_count = 1;
  request.checkpoint = str("ticket");
  request.trace_id = str("row 1");
  request.preview_every = 5;
  request.timeout_ms = -1;

  Unpacked memory;
  Unpacked kept;
  const pictor_request *read = memory.request(sent(pack(request)));
  kept = std::move(memory);  // what it owns stays where it is
  CHECK(read->image_count == 2);
  CHECK(read->seeds[1] == UINT64_MAX);
  CHECK(view(read->prompt) == "a fox \xff");
  REQUIRE(read->param_count == 1);
  CHECK(read->params[0]->key == std::string("width"));
  CHECK(read->params[0]->value->i64 == 64);
  CHECK(view(read->checkpoint) == "ticket");
  CHECK(read->preview_every == 5);
  CHECK(read->timeout_ms == -1);
}

TEST_CASE("a specification keeps what is there and what is not") {
  const std::array<const char *, 2> aliases = {"steps", nullptr};
  auto choice = sized<pictor_choice>();
  choice.value = "euler";
  choice.aliases = aliases.data();
  const std::array<const pictor_choice *, 1> choices = {&choice};
  auto spec = sized<pictor_param_spec>();
  spec.type = PICTOR_TYPE_ENUM;
  spec.scope = PICTOR_SCOPE_REQUEST;
  spec.flags = PICTOR_PARAM_ADVANCED;
  spec.id = "scheduler";
  spec.doc = "How.";
  spec.max_value = 3;
  spec.choices = choices.data();
  spec.choice_count = 1;
  spec.max_bytes = 5;

  Unpacked memory;
  const pictor_param_spec &read = *memory.spec(sent(pack(&spec)));
  CHECK(read.id == std::string("scheduler"));
  CHECK(read.label == nullptr);
  CHECK(read.default_value == nullptr);
  CHECK(read.aliases == nullptr);
  CHECK(read.max_value == 3);
  REQUIRE(read.choice_count == 1);
  CHECK(read.choices[0]->aliases[0] == std::string("steps"));
  CHECK(read.choices[0]->aliases[1] == nullptr);
  CHECK(read.max_bytes == 5);
  CHECK(memory.spec(sent(pack(static_cast<const pictor_param_spec *>(nullptr)))) == nullptr);
}

TEST_CASE("what a picture is and what is known of it") {
  auto image = sized<pictor_image>();
  image.kind = PICTOR_IMAGE_RAW;
  image.width = 4;
  image.stride_y = UINT64_MAX;
  auto meta = sized<pictor_image_meta>();
  meta.flags = PICTOR_META_HAS_COST;
  std::memcpy(meta.cost_currency, "USD", 4);
  meta.cost_micros = -5;
  meta.revised_prompt = str("a red fox");

  Unpacked memory;
  const pictor_image frame = memory.frame(sent(pack_frame(image)));
  CHECK(frame.width == 4);
  CHECK(frame.stride_y == UINT64_MAX);
  CHECK(frame.media_type == nullptr);
  const pictor_image_meta read = memory.meta(sent(pack(&meta)));
  CHECK(std::string(read.cost_currency) == "USD");
  CHECK(read.cost_micros == -5);
  CHECK(view(read.revised_prompt) == "a red fox");
  CHECK(view(read.finish_reason).empty());
}

TEST_CASE("structs that break the contract are refused before they travel") {
  auto value = sized<pictor_value>();
  value.string_count = 1;
  CHECK_THROWS_AS(pack(&value), ContractFault);
  value = sized<pictor_value>();
  value.struct_size = 3;
  CHECK_THROWS_AS(pack(&value), ContractFault);
  value = sized<pictor_value>();
  value.str = {nullptr, 5};
  CHECK_THROWS_AS(pack(&value), ContractFault);
  auto meta = sized<pictor_image_meta>();
  meta.extra_count = UINT64_MAX;
  CHECK_THROWS_AS(pack(&meta), ContractFault);
}

TEST_CASE("what is no such message is an exception, whatever it is") {
  Unpacked memory;
  for (const Json &wrong :
       {Json(), Json(1), Json("x"), Json::array(), Json::array({1, 2}), Json::object(),
        Json::array({"a", "b", "c", "d", "e", "f", "g", "h"})}) {
    CHECK_THROWS_AS(memory.value(wrong), Json::exception);
    CHECK_THROWS_AS(memory.request(wrong), Json::exception);
    CHECK_THROWS_AS(memory.error(wrong), Json::exception);
    CHECK_THROWS_AS(memory.meta(wrong), Json::exception);
    CHECK_THROWS_AS(memory.frame(wrong), Json::exception);
    CHECK_THROWS_AS(unpack_capacity(wrong), Json::exception);
  }
}
