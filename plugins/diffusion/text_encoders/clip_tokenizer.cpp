#include "text_encoders/clip_tokenizer.hpp"

#include "error.hpp"
#include "text_encoders/unicode_text.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pictor::diffusion {
namespace {

// Start, end and one token of the prompt.
constexpr int64_t kShortestLength = 3;

// The length in tokenizer_config.json. transformers writes 1e30 for "no limit".
std::optional<int64_t> read_max_length(const std::filesystem::path &path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  const JsonFile file{path};
  if (!file.has("model_max_length")) return std::nullopt;
  const double length = file.number("model_max_length", 0);
  if (length < kShortestLength) {
    file.fail("model_max_length", "at least " + std::to_string(kShortestLength));
  }
  return static_cast<int64_t>(std::min(length, 1e9));
}

// A special token is a string, or an object whose `content` is one.
std::optional<std::string> read_token(const JsonFile &file, const std::string &key) {
  if (!file.has(key)) return std::nullopt;
  const nlohmann::json &value = file.root().at(key);
  const nlohmann::json &content =
      value.is_object() && value.contains("content") ? value.at("content") : value;
  if (!content.is_string() || content.get_ref<const std::string &>().empty()) {
    file.fail(key, "a token: a string, or an object whose 'content' is one");
  }
  return content.get<std::string>();
}

// The length of the contraction that begins at `text`, or 0.
size_t contraction_at(std::u32string_view text) {
  constexpr std::array<std::u32string_view, 7> kContractions{U"'s", U"'t",  U"'re", U"'ve",
                                                             U"'m", U"'ll", U"'d"};
  for (const std::u32string_view contraction : kContractions) {
    if (text.substr(0, contraction.size()) == contraction) return contraction.size();
  }
  return 0;
}

bool is_other(char32_t c) {
  return !is_space(c) && !is_letter(c) && !is_number(c);
}

// The length of the word that begins at `text`, which is not a space. CLIP's pattern:
// 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
size_t word_at(std::u32string_view text) {
  if (const size_t length = contraction_at(text); length != 0) return length;
  if (is_number(text.front())) return 1;
  const auto belongs = is_letter(text.front()) ? is_letter : is_other;
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin());
}

}  // namespace

ClipTokenizer::ClipTokenizer(const std::filesystem::path &folder, int64_t max_positions)
    : encoder_(folder),
      max_length_(
          std::min(read_max_length(folder / "tokenizer_config.json").value_or(max_positions),
                   max_positions)) {
  read_special_tokens(folder);
}

void ClipTokenizer::read_special_tokens(const std::filesystem::path &folder) {
  struct Role {
    const char *key;
    std::string text;
    int64_t &id;
  };
  std::array roles{
      Role{"bos_token", "<|startoftext|>", start_}, Role{"eos_token", "<|endoftext|>", end_},
      Role{"unk_token", "<|endoftext|>", unknown_}, Role{"pad_token", "<|endoftext|>", pad_}};
  for (const char *name : {"special_tokens_map.json", "tokenizer_config.json"}) {
    if (!std::filesystem::exists(folder / name)) continue;
    const JsonFile file{folder / name};
    for (Role &role : roles) role.text = read_token(file, role.key).value_or(role.text);
  }
  for (Role &role : roles) {
    role.id = encoder_.find(role.text);
    if (role.id < 0) {
      throw Error{ErrorKind::invalid_argument,
                  folder.string() + ": the vocabulary lacks the " + role.key + " '" + role.text +
                      "' that the tokenizer's configuration names",
                  "model"};
    }
    special_tokens_.add(role.text, role.id);
  }
}

void ClipTokenizer::encode_plain(std::string_view text, std::vector<int64_t> &ids) const {
  const std::u32string clean = lower_case(normalize_nfc(decode_utf8(text)));
  std::u32string_view rest = clean;
  while (!rest.empty()) {
    if (is_space(rest.front())) {
      rest.remove_prefix(1);
      continue;
    }
    const size_t length = word_at(rest);
    encoder_.encode(encode_utf8(rest.substr(0, length)), unknown_, ids);
    rest.remove_prefix(length);
  }
}

std::vector<int64_t> ClipTokenizer::encode(std::string_view prompt) const {
  std::vector<int64_t> ids{start_};
  special_tokens_.split(
      prompt, [&](std::string_view text) { encode_plain(text, ids); },
      [&](int64_t id) { ids.push_back(id); });
  ids.push_back(end_);
  return ids;
}

std::vector<int64_t> ClipTokenizer::framed(c10::ArrayRef<int64_t> ids) const {
  std::vector<int64_t> result{start_};
  result.insert(result.end(), ids.begin(), ids.end());
  result.push_back(end_);
  result.resize(static_cast<size_t>(max_length_), pad_);
  return result;
}

TokenizedPrompt ClipTokenizer::operator()(std::string_view prompt) const {
  const std::vector<int64_t> ids = encode(prompt);
  const size_t kept = std::min(ids.size(), static_cast<size_t>(max_length_)) - 2;
  const auto cut = ids.begin() + 1 + static_cast<std::ptrdiff_t>(kept);
  return {framed({ids.data() + 1, kept}), decode({cut, ids.end() - 1})};
}

std::string ClipTokenizer::decode(const std::vector<int64_t> &ids) const {
  std::string text;
  for (const int64_t id : ids) text += encoder_.decode(id);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

}  // namespace pictor::diffusion
