#include "error.hpp"
#include "reference_case.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/clip_tokenizer.hpp"
#include "text_encoders/unicode_text.hpp"
#include "weights/json_file.hpp"

#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

constexpr int64_t kPositions = 77;

std::filesystem::path clip_folder() {
  return std::filesystem::path{PICTOR_TESTS_DIR} / "reference/clip-vit-l";
}

const ClipTokenizer &clip() {
  static const ClipTokenizer tokenizer{clip_folder(), kPositions};
  return tokenizer;
}

std::string repeat(const std::string &text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

// A tokenizer folder of two letters; `merges` and `configuration` are the content of its files.
ClipTokenizer tiny_tokenizer(const TempDir &folder, const std::string &merges,
                             const std::string &configuration = "{}") {
  folder.write("vocab.json",
               R"({"a": 0, "a</w>": 1, "b": 2, "b</w>": 3, "ab</w>": 4,
                   "<|startoftext|>": 5, "<|endoftext|>": 6})");
  folder.write("merges.txt", merges);
  folder.write("tokenizer_config.json", configuration);
  return ClipTokenizer{folder.path(), 8};
}

}  // namespace

TEST_CASE("CLIP's vocabulary gives transformers' ids for every reference text") {
  const JsonFile file{clip_folder() / "cases.json"};
  const nlohmann::json &cases = file.root().at("cases");
  REQUIRE(cases.size() > 200);
  for (const nlohmann::json &reference : cases) {
    INFO(reference.dump());
    CHECK(clip().encode(reference.at("text").get<std::string>()) ==
          reference.at("ids").get<std::vector<int64_t>>());
  }
}

TEST_CASE("a prompt is padded with the tokenizer's own token") {
  const TokenizedPrompt prompt = clip()("a cat");
  REQUIRE(prompt.ids.size() == 77);
  CHECK(prompt.ids[0] == 49406);
  CHECK(prompt.ids[3] == 49407);
  CHECK(prompt.ids[76] == 49407);
  CHECK(prompt.cut.empty());

  const ClipTokenizer sd2{tiny_sd21() / "tokenizer", kPositions};
  CHECK(sd2("fox").ids.back() == 0);  // "!"
}

TEST_CASE("a long prompt ends with the end token, and the rest is given back") {
  const TokenizedPrompt prompt = clip()(repeat("cat ", 75) + "dog house");
  REQUIRE(prompt.ids.size() == 77);
  CHECK(prompt.ids[75] == 2368);
  CHECK(prompt.ids[76] == 49407);
  CHECK(prompt.cut == "dog house");
}

TEST_CASE("model_max_length is never more than the text encoder's positions") {
  const TempDir folder;
  CHECK(tiny_tokenizer(folder, "", R"({"model_max_length": 4})").max_length() == 4);
  CHECK(tiny_tokenizer(folder, "", R"({"model_max_length": 1e30})").max_length() == 8);
  CHECK_THROWS_WITH(tiny_tokenizer(folder, "", R"({"model_max_length": -1})"),
                    ContainsSubstring("model_max_length"));
}

TEST_CASE("bytes that are not UTF-8 are one replacement character each") {
  CHECK(clip().encode("a\xFF\xC3(") == clip().encode("a\xEF\xBF\xBD\xEF\xBF\xBD("));
  CHECK(clip().encode("\xED\xA0\x80") == clip().encode(repeat("\xEF\xBF\xBD", 3)));
}

TEST_CASE("giant words take no quadratic time") {
  // Each would take minutes if pairs or combining marks were sought by going over the whole word.
  CHECK(clip().encode(std::string(200'000, 'a')).size() > 1000);
  CHECK(clip().encode(repeat("\xCC\x81\xCC\xA3", 100'000)).size() > 1000);
  CHECK(clip().encode(repeat("<|endoftext|", 20'000)).size() > 1000);
}

TEST_CASE("normalization composes marks in canonical order") {
  CHECK(encode_utf8(normalize_nfc(U"e\u0301")) == "\xC3\xA9");
  CHECK(normalize_nfc(U"q\u0307\u0323") == U"q\u0323\u0307");
  CHECK(normalize_nfc(U"\u1100\u1161") == U"\uAC00");
  CHECK(lower_case(U"\u0130\u00C9") == U"i\u0307\u00E9");
}

TEST_CASE("merges that do not fit the vocabulary are refused with their line") {
  const TempDir folder;
  CHECK(tiny_tokenizer(folder, "#version: 0.2\na b</w>\n").encode("ab") ==
        std::vector<int64_t>{5, 4, 6});
  CHECK_THROWS_WITH(tiny_tokenizer(folder, "#version: 0.2\na x\n"),
                    ContainsSubstring("merges.txt:2"));
  CHECK_THROWS_WITH(tiny_tokenizer(folder, "ab"), ContainsSubstring("merges.txt:1"));
}

TEST_CASE("a byte that the vocabulary lacks becomes the unknown token") {
  const TempDir folder;
  CHECK(tiny_tokenizer(folder, "").encode("acb") == std::vector<int64_t>{5, 0, 6, 3, 6});
}

TEST_CASE("a vocabulary with ids out of bounds, or without the special tokens, is refused") {
  const TempDir folder;
  folder.write("merges.txt", "");
  folder.write("vocab.json", R"({"a": -1})");
  CHECK_THROWS_WITH((ClipTokenizer{folder.path(), 8}), ContainsSubstring("'a' must be an id"));
  folder.write("vocab.json", R"({"a": 9000000000000000000})");
  CHECK_THROWS_WITH((ClipTokenizer{folder.path(), 8}), ContainsSubstring("'a' must be an id"));
  folder.write("vocab.json", R"({"a": 0})");
  CHECK_THROWS_WITH((ClipTokenizer{folder.path(), 8}), ContainsSubstring("bos_token"));
}

TEST_CASE("where there is no vocab.json, transformers 5's tokenizer.json is read") {
  const TempDir folder;
  const auto load = [&](const std::string &merges, const std::string &suffix = "</w>") {
    folder.write("tokenizer.json", R"({"model": {"type": "BPE", "end_of_word_suffix": ")" + suffix +
                                       R"(",
                     "vocab": {"a": 0, "a</w>": 1, "b": 2, "b</w>": 3, "ab</w>": 4,
                               "<|startoftext|>": 5, "<|endoftext|>": 6},
                     "merges": )" + merges +
                                       "}}");
    return ClipTokenizer{folder.path(), 8};
  };
  CHECK(load(R"([["a", "b</w>"]])").encode("ab b") == std::vector<int64_t>{5, 4, 3, 6});
  CHECK(load(R"(["a b</w>"])").encode("ab b") == std::vector<int64_t>{5, 4, 3, 6});
  CHECK(load("[]").encode("ab") == std::vector<int64_t>{5, 0, 3, 6});
  for (const char *merges : {"1", "[1]", R"(["ab"])", R"([["a"]])", R"([["a", "x"]])"}) {
    INFO(merges);
    CHECK_THROWS_WITH(load(merges), ContainsSubstring("tokenizer.json"));
  }
  CHECK_THROWS_WITH(load("[]", "Q"), ContainsSubstring("</w>"));
}
