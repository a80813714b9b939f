#include "fixtures.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/values.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

ParameterSpec spec_of(const std::string &id, ParameterType type) {
  ParameterSpec spec;
  spec.id = id;
  spec.type = type;
  return spec;
}

const std::vector<ParameterSpec> &specs() {
  static const std::vector<ParameterSpec> all = {
      spec_of("flag", ParameterType::boolean),        spec_of("count", ParameterType::integer),
      spec_of("scale", ParameterType::number),        spec_of("words", ParameterType::string),
      spec_of("kind", ParameterType::choice),         spec_of("noise", ParameterType::seed),
      spec_of("file", ParameterType::path),           spec_of("key", ParameterType::secret),
      spec_of("more", ParameterType::json),           spec_of("names", ParameterType::string_list),
      spec_of("sigmas", ParameterType::number_list),  spec_of("picture", ParameterType::image),
      spec_of("pictures", ParameterType::image_list),
  };
  return all;
}

std::string text_of(const pictor_str &text) {
  return {text.data, text.size};
}

// The one value of a block of one parameter.
template <class Check>
void with_value(const char *id, const Json &json, Check check) {
  const ParameterBlock block(specs(), ParameterScope::request, {{id, json}});
  REQUIRE(block.size() == 1);
  CHECK(std::string(block.data()[0]->key) == id);
  CHECK(block.data()[0]->struct_size == sizeof(pictor_kv));
  CHECK(block.data()[0]->value->struct_size == sizeof(pictor_value));
  check(*block.data()[0]->value);
}

std::string fault(const char *id, const Json &json) {
  return message_of<ParameterFault>([&] {
    ParameterBlock(specs(), ParameterScope::request, {{id, json}});
  });
}

}  // namespace

TEST_CASE("every type of value is handed over") {
  with_value("flag", true, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_BOOL);
    CHECK(value.i64 == 1);
  });
  with_value("count", -7, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_INT);
    CHECK(value.i64 == -7);
  });
  with_value("scale", 7.5, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_FLOAT);
    CHECK(value.f64 == 7.5);
  });
  with_value("words", std::string("a\0b", 3), [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_STRING);
    CHECK(text_of(value.str) == std::string("a\0b", 3));
  });
  with_value("noise", UINT64_MAX, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_SEED);
    CHECK(static_cast<std::uint64_t>(value.i64) == UINT64_MAX);
  });
  with_value("more", Json{{"a", {1, 2}}}, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_JSON);
    CHECK(text_of(value.str) == R"({"a":[1,2]})");
  });
  with_value("names", {"x", "yz"}, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_STRING_LIST);
    REQUIRE(value.string_count == 2);
    CHECK(text_of(value.strings[1]) == "yz");
  });
  with_value("sigmas", {1.5, 0}, [](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_NUMBER_LIST);
    REQUIRE(value.number_count == 2);
    CHECK(value.numbers[0] == 1.5);
  });
}

TEST_CASE("only the parameters of the scope that have a value are handed over") {
  std::vector<ParameterSpec> two = {spec_of("now", ParameterType::integer),
                                    spec_of("before", ParameterType::integer)};
  two[1].scope = ParameterScope::load;
  const Parameters parameters = {{"now", nullptr}, {"before", 2}};
  CHECK(ParameterBlock(two, ParameterScope::request, parameters).size() == 0);
  CHECK(ParameterBlock(two, ParameterScope::load, parameters).size() == 1);
}

TEST_CASE("an image file is read, and told by its first bytes") {
  const TempDir folder;
  const std::string png = "\x89PNG\r\n\x1a\n and the rest";
  with_value("picture", folder.write("a.txt", png).string(), [&](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_IMAGE);
    CHECK(text_of(value.bytes) == png);
    CHECK(text_of(value.str) == "image/png");
  });
  with_value("picture", folder.write("b", std::string("RIFF\0\0\0\0WEBPVP8 ", 16)).string(),
             [](const pictor_value &value) { CHECK(text_of(value.str) == "image/webp"); });
  with_value("picture", folder.write("c", "\xff\xd8\xff\xe0").string(),
             [](const pictor_value &value) { CHECK(text_of(value.str) == "image/jpeg"); });
  CHECK_THAT(fault("picture", folder.write("d.png", "<svg/>").string()),
             ContainsSubstring("d.png' is not a PNG, JPEG or WebP file"));
  CHECK_THAT(fault("picture", folder.write("empty.png", "").string()),
             ContainsSubstring("is not a PNG"));
  CHECK_THAT(fault("picture", (folder / "none.png").string()),
             ContainsSubstring("picture: cannot") && ContainsSubstring("none.png"));
}

TEST_CASE("a list of image files is handed over as a list of images") {
  const TempDir folder;
  const std::string png = "\x89PNG\r\n\x1a\n and the rest", jpeg = "\xff\xd8\xff\xe0";
  const Json paths = {folder.write("a.png", png).string(), folder.write("b.jpg", jpeg).string()};
  with_value("pictures", paths, [&](const pictor_value &value) {
    CHECK(value.type == PICTOR_TYPE_IMAGE_LIST);
    REQUIRE(value.item_count == 2);
    CHECK(value.items[0]->struct_size == sizeof(pictor_value));
    CHECK(value.items[0]->type == PICTOR_TYPE_IMAGE);
    CHECK(text_of(value.items[0]->bytes) == png);
    CHECK(text_of(value.items[1]->bytes) == jpeg);
    CHECK(text_of(value.items[1]->str) == "image/jpeg");
    CHECK(value.bytes.size == 0);
  });
  CHECK_THAT(fault("pictures", {paths[0], folder.write("c.png", "<svg/>").string()}),
             ContainsSubstring("pictures: ") && ContainsSubstring("c.png' is not a PNG"));
  CHECK_THAT(fault("pictures", "a.png"), ContainsSubstring("pictures: "));
}

TEST_CASE("the files of a list have a limit together") {
  const TempDir folder;
  const auto file = folder.write("a.png", "\x89PNG\r\n\x1a\n");
  std::filesystem::resize_file(file, 48ull << 20);  // a hole: it costs no disk
  const Json five = std::vector<std::string>(5, file.string());
  const Json six = std::vector<std::string>(6, file.string());
  CHECK(fault("pictures", five).empty());
  CHECK_THAT(fault("pictures", six), ContainsSubstring("6 files have more than 268435456 bytes"));
}

TEST_CASE("an image file has a limit") {
  const TempDir folder;
  std::vector<ParameterSpec> small = {spec_of("picture", ParameterType::image)};
  small[0].max_bytes = 10;
  const auto file = folder.write("a.png", "\x89PNG\r\n\x1a\n and the rest");
  CHECK_THROWS_AS(ParameterBlock(small, ParameterScope::request, {{"picture", file.string()}}),
                  ParameterFault);
}

TEST_CASE("a value of the wrong type is a fault, not a guess") {
  CHECK(fault("count", "many") == "count: \"many\" is no value of its type");
  CHECK(fault("names", {1, 2}) == "names: [1,2] is no value of its type");
  CHECK(fault("file", "relative/path") == "file: 'relative/path' is not an absolute path");
  CHECK(fault("file", "/absolute/path").empty());
}

TEST_CASE("values go to a plugin and come back the same") {
  const Parameters parameters = {{"flag", false},       {"count", 5},
                                 {"scale", 0.25},       {"words", "äöü"},
                                 {"noise", UINT64_MAX}, {"more", Json{{"a", nullptr}}},
                                 {"names", {"x"}},      {"sigmas", {2.0, 1.0}}};
  const ParameterBlock block(specs(), ParameterScope::request, parameters);
  REQUIRE(block.size() == parameters.size());
  for (std::uint64_t i = 0; i < block.size(); ++i) {
    const pictor_kv &pair = *block.data()[i];
    CHECK(read_value(pair.value, pair.key) == parameters.at(pair.key));
  }
}

TEST_CASE("JSON that nests too deeply is a fault, and not a stack that overflows") {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  const auto read = [](const std::string &text) {
    pictor_value value{};
    value.struct_size = sizeof value;
    value.type = PICTOR_TYPE_JSON;
    value.str = to_abi(text);
    return read_value(&value, "more");
  };
  CHECK(read(nested(90)).dump() == nested(90));
  CHECK(message_of<ContractFault>([&] { read(nested(500'000)); }) ==
        "more is not JSON, or too deep");
}

TEST_CASE("a plugin's value that breaks the contract is a fault") {
  pictor_value value{};
  value.struct_size = sizeof value;
  const auto fault_of = [&](pictor_type type) {
    value.type = type;
    return message_of<ContractFault>([&] { read_value(&value, "extra[0]"); });
  };
  CHECK_THAT(fault_of(0), ContainsSubstring("type 0"));
  CHECK_THAT(fault_of(PICTOR_TYPE_SECRET), ContainsSubstring("type 8"));
  CHECK_THAT(fault_of(PICTOR_TYPE_IMAGE_LIST), ContainsSubstring("type 13"));
  value.str = {nullptr, 3};
  CHECK_THAT(fault_of(PICTOR_TYPE_STRING), ContainsSubstring("3 bytes at NULL"));
  value.str = {"\xff", 1};
  CHECK_THAT(fault_of(PICTOR_TYPE_STRING), ContainsSubstring("is not UTF-8"));
  value.str = {"{", 1};
  CHECK_THAT(fault_of(PICTOR_TYPE_JSON), ContainsSubstring("is not JSON"));
  value.number_count = UINT64_MAX;
  CHECK_THAT(fault_of(PICTOR_TYPE_NUMBER_LIST), ContainsSubstring("entries at NULL"));
  CHECK_THROWS_AS(read_value(nullptr, "extra[0]"), ContractFault);
}
