#include "text_encoders/t5_tokenizer.hpp"

#include "error.hpp"
#include "text_encoders/tokenizer_json.hpp"
#include "text_encoders/unicode_text.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr char32_t kWordStart = U'\u2581';  // sentencepiece's sign for a blank before a word
constexpr std::string_view kWordStartUtf8 = "\u2581";

// The number of "<extra_id_N>" that follow the pieces.
int64_t read_extra_ids(const std::filesystem::path &path) {
  constexpr double kMost = 10000;
  if (!std::filesystem::exists(path)) return 100;
  const JsonFile file{path};
  const double count = file.number("extra_ids", 100);
  if (!(count >= 0 && count <= kMost)) file.fail("extra_ids", "a count of at most 10000");
  return static_cast<int64_t>(count);
}

std::string extra_token(int64_t index) {
  return "<extra_id_" + std::to_string(index) + ">";
}

// The pieces, and after them the extra tokens, whose numbers fall.
std::vector<SentencePieceModel::Piece> with_extra_tokens(
    std::vector<SentencePieceModel::Piece> pieces, int64_t count) {
  for (int64_t i = count; i-- > 0;) pieces.push_back({extra_token(i), 0});
  return pieces;
}

// spiece.model, or what stands for it.
std::filesystem::path model_file(const std::filesystem::path &folder) {
  const std::filesystem::path own = folder / "spiece.model", fast = folder / "tokenizer.json";
  const bool has_own = std::filesystem::exists(own);
  if (has_own || std::filesystem::exists(fast)) return has_own ? own : fast;
  throw Error{ErrorKind::not_found,
              own.string() +
                  ": no such file, nor a tokenizer.json; it holds the tokenizer's pieces. Download "
                  "it with the rest of the model",
              "model"};
}

SentencePieceModel read_model(const std::filesystem::path &file, int64_t extra_tokens) {
  return file.extension() == ".json" ? read_unigram_model(JsonFile{file}, extra_tokens)
                                     : read_sentencepiece_model(file);
}

}  // namespace

T5Tokenizer::T5Tokenizer(const std::filesystem::path &folder)
    : T5Tokenizer(model_file(folder), read_extra_ids(folder / "tokenizer_config.json")) {}

T5Tokenizer::T5Tokenizer(const std::filesystem::path &file, int64_t extra_tokens)
    : T5Tokenizer(file, read_model(file, extra_tokens), extra_tokens) {}

T5Tokenizer::T5Tokenizer(const std::filesystem::path &file, SentencePieceModel model,
                         int64_t extra_tokens)
    : piece_count_(static_cast<int64_t>(model.pieces.size())),
      charsmap_(model.charsmap, file.string()),
      encoder_(with_extra_tokens(std::move(model.pieces), extra_tokens), model.unknown_id) {
  for (const char *name : {"<pad>", "</s>", "<unk>"}) {
    const int64_t id = encoder_.find(name);
    if (id < 0) {
      throw Error{ErrorKind::invalid_argument,
                  file.string() + ": lacks the piece '" + name + "', which every T5 tokenizer has",
                  "model"};
    }
    special_tokens_.add(name, id);
  }
  pad_ = encoder_.find("<pad>");
  end_ = encoder_.find("</s>");
  for (int64_t id = piece_count_; id < encoder_.vocabulary_size(); ++id) {
    special_tokens_.add(encoder_.piece(id), id);
  }
}

// Words are what blanks part; each is cut into pieces by itself, with the sign before it.
void T5Tokenizer::encode_plain(std::string_view text, std::vector<int64_t> &ids) const {
  const std::u32string clean = charsmap_.normalize(decode_utf8(text));
  std::u32string word;
  const auto end_word = [&] {
    if (!word.empty()) encoder_.encode(encode_utf8(word), ids);
    word.clear();
  };
  for (const char32_t code_point : clean) {
    if (is_space(code_point) || code_point == kWordStart) end_word();
    if (is_space(code_point)) continue;
    if (word.empty()) word += kWordStart;
    if (code_point != kWordStart) word += code_point;
  }
  end_word();
}

std::vector<int64_t> T5Tokenizer::encode(std::string_view prompt) const {
  std::vector<int64_t> ids;
  special_tokens_.split(
      prompt, [&](std::string_view text) { encode_plain(text, ids); },
      [&](int64_t id) { ids.push_back(id); });
  ids.push_back(end_);
  return ids;
}

TokenizedPrompt T5Tokenizer::operator()(std::string_view prompt, int64_t max_length) const {
  TokenizedPrompt result{encode(prompt), {}};
  const auto limit = static_cast<std::ptrdiff_t>(max_length);
  if (static_cast<std::ptrdiff_t>(result.ids.size()) > limit) {
    result.cut = decode({result.ids.begin() + limit - 1, result.ids.end() - 1});
    result.ids.resize(static_cast<size_t>(limit));
    result.ids.back() = end_;
  }
  result.ids.resize(static_cast<size_t>(limit), pad_);
  return result;
}

std::string T5Tokenizer::decode(const std::vector<int64_t> &ids) const {
  std::string text;
  for (const int64_t id : ids) {
    const std::string &piece = encoder_.piece(id);
    const bool starts_word = piece.rfind(kWordStartUtf8, 0) == 0;
    text += starts_word ? " " + piece.substr(kWordStartUtf8.size()) : piece;
  }
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

}  // namespace pictor::diffusion
