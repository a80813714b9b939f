#include "error.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"
#include "weights/json_file.hpp"
#include "weights/safetensors.hpp"
#include "weights/weights.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

std::string with_length(uint64_t length, const std::string &rest) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
  return bytes + rest;
}

std::string safetensors(const std::string &header, const std::string &data) {
  return with_length(header.size(), header + data);
}

// The message with which a file of these bytes is refused, or "accepted".
std::string refusal(const std::string &bytes) {
  const TempDir folder;
  try {
    const SafetensorsFile file{folder.write("x.safetensors", bytes)};
    return "accepted";
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring("x.safetensors"));
    return error.what();
  }
}

std::string refusal_of_header(const std::string &header, size_t data_bytes) {
  return refusal(safetensors(header, std::string(data_bytes, '\0')));
}

// One tensor "w" of two floats, 1 and -2.
const std::string kPairHeader = R"({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}})";
const std::string kPairData{"\x00\x00\x80\x3F\x00\x00\x00\xC0", 8};

}  // namespace

TEST_CASE("a tensor is read as it was written") {
  const TempDir folder;
  const SafetensorsFile file{folder.write("x.safetensors", safetensors(kPairHeader, kPairData))};
  const at::Tensor tensor = file.read(file.entries().at("w"));
  CHECK(tensor.equal(at::tensor({1.F, -2.F})));
}

TEST_CASE("empty tensors, scalars and metadata are valid") {
  CHECK(refusal_of_header(R"({"__metadata__": {"format": "pt"},
                              "e": {"dtype": "F16", "shape": [0, 3], "data_offsets": [0, 0]},
                              "s": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]}}  )",
                          8) == "accepted");
}

TEST_CASE("a file that is cut or claims too much is refused") {
  CHECK_THAT(refusal(""), ContainsSubstring("shorter than 8 bytes"));
  CHECK_THAT(refusal("abc"), ContainsSubstring("shorter than 8 bytes"));
  CHECK_THAT(refusal(with_length(uint64_t{1} << 60, "{}")), ContainsSubstring("header claims"));
  CHECK_THAT(refusal(with_length(~uint64_t{0}, "{}")), ContainsSubstring("header claims"));
  CHECK_THAT(refusal(with_length(3, "{}")), ContainsSubstring("header claims"));
  CHECK_THAT(refusal(safetensors(kPairHeader, kPairData.substr(0, 7))),
             ContainsSubstring("the file has 7"));
  CHECK_THAT(refusal(safetensors(kPairHeader, kPairData + "x")),
             ContainsSubstring("the file has 9"));
}

TEST_CASE("a header that is not what it must be is refused") {
  CHECK_THAT(refusal_of_header("", 0), ContainsSubstring("not valid JSON"));
  CHECK_THAT(refusal_of_header("[]", 0), ContainsSubstring("not a JSON object"));
  CHECK_THAT(refusal_of_header("{\"\xFF\": 1}", 0), ContainsSubstring("not valid JSON"));
  CHECK_THAT(refusal_of_header(std::string(1000, '['), 0), ContainsSubstring("nested deeper"));
  CHECK_THAT(refusal_of_header(R"({"w": 3})", 0), ContainsSubstring("'w' has no dtype"));
  CHECK_THAT(refusal_of_header(R"({"w": {"dtype": "F32", "shape": [1]}})", 0),
             ContainsSubstring("no data_offsets"));
  CHECK_THAT(
      refusal_of_header(R"({"w": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}})", 1),
      ContainsSubstring("F8_E4M3"));
  const std::string tensor = R"({"dtype": "U8", "shape": [1], "data_offsets": [0, 1]})";
  CHECK_THAT(refusal_of_header("{\"w\": " + tensor + ", \"w\": " + tensor + "}", 1),
             ContainsSubstring("twice"));
}

TEST_CASE("shapes and offsets that lie are refused") {
  const auto one = [](const std::string &shape, const std::string &offsets) {
    return refusal_of_header(
        R"({"w": {"dtype": "F32", "shape": )" + shape + R"(, "data_offsets": )" + offsets + "}}",
        8);
  };
  CHECK_THAT(one("[3]", "[0, 8]"), ContainsSubstring("does not fill"));
  CHECK_THAT(one("[-2]", "[0, 8]"), ContainsSubstring("holds -2"));
  CHECK_THAT(one("[2.0]", "[0, 8]"), ContainsSubstring("holds 2.0"));
  CHECK_THAT(one("[4294967296, 4294967296]", "[0, 8]"), ContainsSubstring("does not fill"));
  CHECK_THAT(one("[18446744073709551615]", "[0, 8]"), ContainsSubstring("holds 1844"));
  CHECK_THAT(one("[1,1,1,1,1,1,1,1,2]", "[0, 8]"), ContainsSubstring("at most 8"));
  CHECK_THAT(one("[2]", "[8, 0]"), ContainsSubstring("not [begin, end]"));
  CHECK_THAT(one("[2]", "[0]"), ContainsSubstring("not [begin, end]"));
  CHECK_THAT(one("[2]", "[4, 12]"), ContainsSubstring("not at 0"));
}

TEST_CASE("tensors that overlap or leave a hole are refused") {
  const auto two = [](const std::string &first, const std::string &second) {
    return refusal_of_header(R"({"a": {"dtype": "U8", "shape": [4], "data_offsets": )" + first +
                                 R"(}, "b": {"dtype": "U8", "shape": [4], "data_offsets": )" +
                                 second + "}}",
                             8);
  };
  CHECK(two("[0, 4]", "[4, 8]") == "accepted");
  CHECK(two("[4, 8]", "[0, 4]") == "accepted");
  CHECK_THAT(two("[0, 4]", "[3, 7]"), ContainsSubstring("'b' begins at byte 3"));
  CHECK_THAT(two("[0, 4]", "[5, 9]"), ContainsSubstring("'b' begins at byte 5"));
}

TEST_CASE("weights name what is missing, misshapen or left over") {
  const TempDir folder;
  folder.write("model.safetensors", safetensors(kPairHeader, kPairData));
  Weights weights{folder.path(), "model", {}};
  CHECK_THROWS_WITH(weights.take({"v"}, {3}), ContainsSubstring("'v' of shape [3] is missing"));
  CHECK_THROWS_WITH(weights.take({"w"}, {1, 2}),
                    ContainsSubstring("shape [2]") && ContainsSubstring("asks for [1, 2]"));
  CHECK_THROWS_WITH(weights.finish(), ContainsSubstring("'w' [2]"));
  CHECK(weights.take({"w"}, {2}).equal(at::tensor({1.F, -2.F})));
  CHECK_THROWS_WITH(weights.take({"w"}, {2}), ContainsSubstring("taken by two layers"));
  CHECK_NOTHROW(weights.finish());
}

TEST_CASE("weights arrive in the dtype asked for") {
  const TempDir folder;
  folder.write("model.safetensors", safetensors(kPairHeader, kPairData));
  Weights weights{folder.path(), "model", {at::kCPU, at::kBFloat16, "", {}, {}}};
  CHECK(weights.take({"w"}, {2}).scalar_type() == at::kBFloat16);
}

TEST_CASE("weights of any dtype are read in either memory format, rounded once") {
  const auto stored = GENERATE(at::kFloat, at::kHalf, at::kBFloat16);
  const auto asked = GENERATE(at::kFloat, at::kHalf, at::kBFloat16);
  const auto format = GENERATE(at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast);
  const TempDir folder;
  at::manual_seed(1);
  const at::Tensor several_pieces = at::randn({41, 400, 3, 3}).to(stored);
  folder.write("model.safetensors", safetensors_of({{"w", several_pieces}}));
  WeightOptions options;
  options.dtype = asked;
  Weights weights{folder.path(), "model", options};
  const at::Tensor taken = weights.take({"w"}, several_pieces.sizes(), {format});
  CHECK(taken.is_contiguous(format));
  CHECK(taken.equal(several_pieces.to(at::kFloat).to(asked)));
}

TEST_CASE("weights are taken one below the other, and briefly into the same memory") {
  const TempDir folder;
  const at::Tensor a = at::arange(6.).view({2, 3}).to(at::kFloat), b = a + 6, c = -a;
  folder.write("model.safetensors", safetensors_of({{"a", a}, {"b", b}, {"c", c}}));
  Weights weights{folder.path(), "model", {}};
  const Taken briefly{at::MemoryFormat::Contiguous, true};
  const at::Tensor joined = weights.take({"a", "b"}, {2, 3}, briefly);
  CHECK(joined.equal(at::cat({a, b})));
  const at::Tensor next = weights.take({"c"}, {2, 3}, briefly);
  CHECK(next.equal(c));
  CHECK(next.data_ptr() == joined.data_ptr());
}

TEST_CASE("shards are read through their index") {
  const TempDir folder;
  folder.write("model-00001-of-00001.safetensors", safetensors(kPairHeader, kPairData));
  folder.write("model.safetensors.index.json",
               R"({"weight_map": {"w": "model-00001-of-00001.safetensors"}})");
  CHECK((Weights{folder.path(), "model", {}}).has("w"));
  folder.write("model.safetensors.index.json", R"({"weight_map": {"w": "../x"}})");
  CHECK_THROWS_WITH((Weights{folder.path(), "model", {}}), ContainsSubstring("weight_map"));
}

TEST_CASE("shards and their index are found under every name of a variant") {
  const std::string index = R"({"weight_map": {"w": "model.fp16-00001-of-00001.safetensors"}})";
  WeightOptions options;
  options.variant = "fp16";
  for (const char *name : {"model.safetensors.index.fp16.json", "model.safetensors.fp16.index.json",
                           "model.fp16.safetensors.index.json"}) {
    const TempDir folder;
    folder.write("model.fp16-00001-of-00001.safetensors", safetensors(kPairHeader, kPairData));
    CHECK_THROWS_WITH((Weights{folder.path(), "model", options}),
                      ContainsSubstring("model.fp16.safetensors: no such file"));
    folder.write(name, index);
    CHECK((Weights{folder.path(), "model", options}).has("w"));
    CHECK(has_component(folder.path(), "model", "fp16"));
    CHECK_FALSE(has_component(folder.path(), "model", ""));
  }
}

TEST_CASE("an index that its shards do not bear out is refused") {
  const TempDir folder;
  const auto open = [&] { return Weights{folder.path(), "model", {}}; };
  folder.write("model.safetensors.index.json", R"({"weight_map": {"w": "a.safetensors"}})");
  CHECK_THROWS_WITH(open(), ContainsSubstring("a.safetensors: cannot be opened"));
  folder.write("a.safetensors", safetensors(kPairHeader, kPairData));
  folder.write("model.safetensors.index.json",
               R"({"weight_map": {"w": "a.safetensors", "v": "a.safetensors"}})");
  CHECK_THROWS_WITH(open(), ContainsSubstring("'v' should be in a.safetensors"));
  folder.write("b.safetensors", safetensors(kPairHeader, kPairData));
  folder.write("model.safetensors.index.json",
               R"({"weight_map": {"w": "a.safetensors", "v": "b.safetensors"}})");
  CHECK_THROWS_WITH(open(), ContainsSubstring("also in another shard"));
}

TEST_CASE("metadata is a map of texts") {
  const auto metadata = [](const std::string &json) {
    return refusal_of_header("{\"__metadata__\": " + json + "}", 0);
  };
  CHECK(metadata(R"({"a": "b"})") == "accepted");
  CHECK(metadata("{}") == "accepted");
  CHECK_THAT(metadata(R"({"a": 1})"), ContainsSubstring("map of texts"));
  CHECK_THAT(metadata("3"), ContainsSubstring("map of texts"));
  CHECK_THAT(metadata(R"(["a"])"), ContainsSubstring("map of texts"));
}

TEST_CASE("what lies in place of the weights decides the advice") {
  const TempDir folder;
  const auto open = [&] { return Weights{folder.path() / "unet", "model", {}}; };
  CHECK_THROWS_WITH(open(), ContainsSubstring("no such folder"));
  folder.write("unet/readme", "");
  CHECK_THROWS_WITH(open(), ContainsSubstring("model.safetensors: no such file"));
  folder.write("unet/pytorch_model.bin", "");
  CHECK_THROWS_WITH(open(), ContainsSubstring("pickle") && ContainsSubstring("save_pretrained"));
  folder.write("unet/model.fp16.safetensors", "");
  CHECK_THROWS_WITH(open(), ContainsSubstring("variant"));
}

TEST_CASE("a configuration's value is refused with its file and key") {
  const TempDir folder;
  const JsonFile file{folder.write(
      "config.json", R"({"n": 0, "big": 18446744073709551615, "text": "x", "list": [1, 2],
                         "none": null, "low": -Infinity, "word": "-Infinity"})")};
  CHECK(file.size("none", 7) == 7);
  CHECK(file.number("low", 0) < -1e308);
  CHECK(file.string("word") == "-Infinity");
  CHECK(file.size_per_level("list", 2) == std::vector<int64_t>{1, 2});
  CHECK_THROWS_WITH(file.size_per_level("list", 3), ContainsSubstring("list of 3"));
  CHECK_THROWS_WITH(file.size("n"), ContainsSubstring("config.json: 'n'"));
  CHECK_THROWS_WITH(file.size("big"), ContainsSubstring("'big'"));
  CHECK_THROWS_WITH(file.size("absent"), ContainsSubstring("is missing"));
  CHECK_THROWS_WITH(file.number("text", 0), ContainsSubstring("but is \"x\""));
  CHECK_THROWS_WITH(file.boolean("n", true), ContainsSubstring("true or false"));
}

TEST_CASE("text that is not a JSON object is refused") {
  const TempDir folder;
  const auto parse = [&](const std::string &text) { JsonFile{folder.write("c.json", text)}; };
  CHECK_THROWS_WITH(parse(""), ContainsSubstring("not valid JSON"));
  CHECK_THROWS_WITH(parse("[1]"), ContainsSubstring("JSON object"));
  CHECK_THROWS_WITH(parse("{\"a\": \"\xC3\"}"), ContainsSubstring("not valid JSON"));
  CHECK_THROWS_WITH(parse("{\"a\": " + std::string(100'000, '[')), ContainsSubstring("deeper"));
  CHECK_THROWS_WITH(parse(R"({"a": 1, "a": 2})"), ContainsSubstring("stands twice"));
  CHECK_THROWS_WITH(JsonFile{folder / "absent.json"}, ContainsSubstring("no such file"));
}

TEST_CASE("a pipe in place of a file is refused, not waited for") {
  const TempDir folder;
  const std::filesystem::path pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(JsonFile{pipe}, ContainsSubstring("cannot be read"));
  CHECK_THROWS_WITH(SafetensorsFile{pipe}, ContainsSubstring("cannot be opened"));
}
