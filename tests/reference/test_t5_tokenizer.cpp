#include "error.hpp"
#include "reference_case.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/t5_tokenizer.hpp"
#include "weights/json_file.hpp"

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

std::filesystem::path t5_folder() {
  return std::filesystem::path{PICTOR_TESTS_DIR} / "reference/t5-small-vocab";
}

const T5Tokenizer &t5() {
  static const T5Tokenizer tokenizer{t5_folder()};
  return tokenizer;
}

std::string repeated(const std::string &text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

// A field of a protobuf message whose content is at most 2^14 bytes.
std::string field(char number, const std::string &content) {
  const auto low = static_cast<char>(content.size() | 0x80);
  const auto high = static_cast<char>(content.size() >> 7);
  return std::string{static_cast<char>(number << 3 | 2), low, high} + content;
}

std::string piece(const std::string &text, float score, char type = 1) {
  std::string bytes(sizeof score, '\0');
  std::memcpy(bytes.data(), &score, sizeof score);
  return field(1, field(1, text) + "\x15" + bytes + "\x18" + type);
}

const std::string kSpecialPieces =
    piece("<pad>", 0, 3) + piece("</s>", 0, 3) + piece("<unk>", 0, 2);

T5Tokenizer tokenizer_of(const std::string &model, const std::string &configuration = "{}") {
  const TempDir folder;
  folder.write("spiece.model", model);
  folder.write("tokenizer_config.json", configuration);
  return T5Tokenizer{folder.path()};
}

using Ids = std::vector<int64_t>;

}  // namespace

TEST_CASE("T5's pieces give transformers' ids for every reference text") {
  const JsonFile file{t5_folder() / "cases.json"};
  const nlohmann::json &cases = file.root().at("cases");
  REQUIRE(cases.size() == 200);
  for (const nlohmann::json &reference : cases) {
    INFO(reference.dump());
    CHECK(t5().encode(reference.at("text").get<std::string>()) == reference.at("ids").get<Ids>());
  }
}

// Each as transformers' T5TokenizerFast has it.
TEST_CASE("special tokens are recognised by name, and whole graphemes are replaced") {
  CHECK(t5().encode("<extra_id_0> fox") == Ids{1099, 33, 413, 1});
  CHECK(t5().encode("a<extra_id_99>b") == Ids{73, 1000, 39, 1});
  CHECK(t5().encode("<pad>x</s>y<unk>") == Ids{0, 340, 1, 8, 12, 2, 1});
  CHECK(t5().encode("\uFF1Cpad\uFF1E") == Ids{8, 0, 1});  // full-width signs
  CHECK(t5().encode("<extra_id_100>") ==
        Ids{8, 975, 5, 72, 15, 14, 22, 2, 92, 2, 909, 150, 150, 2, 1});
  CHECK(t5().encode("\u2460\u0301x") == Ids{128, 72, 1});  // a circled 1 loses its accent
  CHECK(t5().encode("\u00BD\u0301") == Ids{128, 2, 967, 1});
  CHECK(t5().encode("\u2581a\u2581\u2581b") == Ids{73, 39, 1});
  CHECK(t5().encode(std::string("\0a", 2)) == Ids{8, 2, 22, 1});
}

TEST_CASE("a T5 prompt is padded, and what has no place is given back") {
  const TokenizedPrompt prompt = t5()("a red fox", 8);
  REQUIRE(prompt.ids.size() == 8);
  CHECK(prompt.ids.back() == 0);
  CHECK(prompt.cut.empty());
  const TokenizedPrompt cut = t5()("a ing face not glossy", 4);
  CHECK(cut.ids == Ids{73, 8, 4, 1});
  CHECK(cut.cut == "face not glossy");
}

TEST_CASE("bytes that are not UTF-8 are one replacement character each in T5's pieces too") {
  CHECK(t5().encode("a\xFF\xC3(") == t5().encode("a\xEF\xBF\xBD\xEF\xBF\xBD("));
}

TEST_CASE("giant prompts take no quadratic time in T5's pieces") {
  CHECK(t5().encode(std::string(200'000, 'a')).size() > 1000);
  CHECK(t5().encode(repeated("\xCC\x81\xCC\xA3", 100'000)).size() == 3);
  CHECK(t5().encode(repeated("<extra_id_", 20'000)).size() > 1000);
  CHECK(t5()(std::string(200'000, 'a'), 8).cut.size() > 1000);
}

TEST_CASE("the likeliest pieces win, and runs of unknown letters are one token") {
  const T5Tokenizer tokenizer =
      tokenizer_of(kSpecialPieces + piece("\u2581", -1) + piece("a", -2) + piece("b", -2) +
                       piece("ab", -3) + piece("\u2581aba", -9),
                   R"({"extra_ids": 0})");
  CHECK(tokenizer.piece_count() == 8);
  CHECK(tokenizer.encode("aab") == Ids{3, 4, 6, 1});
  CHECK(tokenizer.encode("aba") == Ids{3, 6, 4, 1});
  CHECK(tokenizer.encode("xyz b") == Ids{3, 2, 3, 5, 1});
  CHECK(tokenizer.encode("<extra_id_0>") == Ids{3, 2, 4, 2, 1});
}

TEST_CASE("a sentencepiece model that cannot be read is refused") {
  const TempDir folder;
  CHECK_THROWS_WITH(T5Tokenizer{folder.path()},
                    ContainsSubstring("spiece.model") && ContainsSubstring("tokenizer.json"));
  CHECK_THROWS_WITH(tokenizer_of(""), ContainsSubstring("no piece"));
  CHECK_THROWS_WITH(tokenizer_of("\x0A\x7F"), ContainsSubstring("ends within a field"));
  CHECK_THROWS_WITH(tokenizer_of(std::string(11, '\xFF')), ContainsSubstring("64 bits"));
  CHECK_THROWS_WITH(tokenizer_of("\x0B"), ContainsSubstring("no known type"));
  CHECK_THROWS_WITH(tokenizer_of(kSpecialPieces + piece("", 0)), ContainsSubstring("empty"));
  CHECK_THROWS_WITH(tokenizer_of(kSpecialPieces + piece("a", 1.F / 0.F)),
                    ContainsSubstring("finite"));
  CHECK_THROWS_WITH(tokenizer_of(piece("<unk>", 0, 2)), ContainsSubstring("'<pad>'"));
  CHECK_THROWS_WITH(tokenizer_of(kSpecialPieces + field(2, "\x18\x02")),
                    ContainsSubstring("unigram"));
  CHECK_THROWS_WITH(tokenizer_of(kSpecialPieces, R"({"extra_ids": -1})"),
                    ContainsSubstring("extra_ids"));
}

TEST_CASE("a normalizer's table that lies about itself is no danger") {
  const auto with_table = [](const std::string &table) {
    return tokenizer_of(kSpecialPieces + piece("a", -1) + field(3, field(2, table)));
  };
  CHECK_THROWS_WITH(with_table("\x01"), ContainsSubstring("cut short"));
  CHECK_THROWS_WITH(with_table(std::string("\x08\0\0\0\0\0\0\0", 8)),
                    ContainsSubstring("cut short"));
  CHECK_THROWS_WITH(with_table(std::string("\x03\0\0\0\0\0\0\0", 8)),
                    ContainsSubstring("cut short"));
  // Children, then a replacement, that lie outside.
  CHECK(with_table(std::string("\x04\0\0\0\xFF\xFF\xFF\x7F", 8)).encode("a") == Ids{2, 3, 1});
  constexpr size_t kUnits = 0x80;
  std::string table(4 + 4 * kUnits, '\0');
  table[1] = 4 * kUnits >> 8;
  table.replace(4 + 4 * 'a', 4, std::string("a\x01\0\0", 4));  // its value is 0x161
  CHECK(with_table(table).encode("a") == Ids{2, 3, 1});
  CHECK(with_table(table + std::string(0x161, ' ') + "\u2581").encode("a") == Ids{2, 1});
}

TEST_CASE("a damaged sentencepiece model is refused or read, and never the end of the process") {
  const std::string whole = read_file(t5_folder() / "spiece.model");
  std::minstd_rand random{1};
  for (int i = 0; i < 100; ++i) {
    std::string damaged = whole.substr(0, i % 2 == 0 ? whole.size() : random() % whole.size());
    for (int flip = 0; flip < 20; ++flip) damaged[random() % damaged.size()] ^= 1 << random() % 8;
    try {
      const Ids ids = tokenizer_of(damaged).encode("a \uFF21\u0301 fox");
      CHECK(ids.back() >= 0);
    } catch (const Error &error) {
      CHECK_THAT(error.what(), ContainsSubstring("spiece.model"));
    }
  }
}

TEST_CASE("transformers 5's tokenizer.json holds the same tokenizer") {
  const std::filesystem::path own = tiny_flux_dev() / "tokenizer_2";
  const std::filesystem::path fast =
      std::filesystem::path{PICTOR_TESTS_DIR} / "reference/tokenizer-json";
  const T5Tokenizer from_own{own}, from_fast{fast};
  CHECK(from_fast.piece_count() == from_own.piece_count());
  const JsonFile file{t5_folder() / "cases.json"};
  for (const nlohmann::json &reference : file.root().at("cases")) {
    const auto text = reference.at("text").get<std::string>();
    INFO(reference.dump());
    CHECK(from_fast.encode(text) == from_own.encode(text));
  }
}

TEST_CASE("numbers that no tokenizer.json of sentencepiece holds are refused") {
  const TempDir folder;
  folder.write("tokenizer_config.json", R"({"extra_ids": 0})");
  const auto load = [&](const std::string &score, const std::string &unknown) {
    folder.write("tokenizer.json", R"({"model": {"type": "Unigram", "unk_id": )" + unknown +
                                       R"(, "vocab": [["<pad>", 0], ["</s>", 0], ["<unk>", 0],
                                                      ["a", )" +
                                       score + "]]}}");
    return T5Tokenizer{folder.path()};
  };
  CHECK(load("-1.5", "2").encode("aa") == Ids{2, 3, 3, 1});
  for (const char *score : {"-1e300", "-Infinity", "3.5e38"}) {
    INFO(score);
    CHECK_THROWS_WITH(load(score, "2"), ContainsSubstring("piece 3 is no text with a score"));
  }
  for (const char *unknown : {"4", "18446744073709551615", "9223372036854775808"}) {
    INFO(unknown);
    CHECK_THROWS_WITH(load("-1.5", unknown), ContainsSubstring("too few pieces"));
  }
}

TEST_CASE("a damaged tokenizer.json is refused or read, and never the end of the process") {
  const TempDir folder;
  const auto load = [&](const std::string &content) {
    folder.write("tokenizer.json", content);
    return T5Tokenizer{folder.path()};
  };
  for (const char *content : {"", "[]", "{}", R"({"model": 1})", R"({"model": {"type": "BPE"}})",
                              R"({"model": {"type": "Unigram", "vocab": {}, "unk_id": 0}})",
                              R"({"model": {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 7}})",
                              R"({"model": {"type": "Unigram", "vocab": [["a"]], "unk_id": 0}})"}) {
    INFO(content);
    CHECK_THROWS_WITH(load(content), ContainsSubstring("tokenizer.json"));
  }
  const std::string whole = read_file(std::filesystem::path{PICTOR_TESTS_DIR} /
                                      "reference/tokenizer-json/tokenizer.json");
  std::minstd_rand random{2};
  for (int i = 0; i < 20; ++i) {
    std::string damaged = whole.substr(0, i % 2 == 0 ? whole.size() : random() % whole.size());
    for (int flip = 0; flip < 5; ++flip) damaged[random() % damaged.size()] ^= 1 << random() % 8;
    try {
      const Ids ids = load(damaged).encode("a fox");
      CHECK(ids.back() >= 0);
    } catch (const Error &error) {
      CHECK_THAT(error.what(), ContainsSubstring("tokenizer.json"));
    }
  }
}
