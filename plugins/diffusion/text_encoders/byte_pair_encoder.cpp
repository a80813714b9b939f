#include "text_encoders/byte_pair_encoder.hpp"

#include "error.hpp"
#include "text_encoders/tokenizer_json.hpp"
#include "text_encoders/unicode_text.hpp"
#include "weights/json_file.hpp"

#include <queue>
#include <tuple>

namespace pictor::diffusion {
namespace {

constexpr std::string_view kEndOfWord = "</w>";
constexpr int64_t kVocabularyLimit = 1 << 20;
constexpr uint64_t kMergesFileLimit = 64 << 20;

bool is_printable(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

// GPT-2's alphabet: a printable byte stands for itself (as Latin-1), the others for the code points
// from 256 on, in order.
std::array<char32_t, 256> make_alphabet() {
  std::array<char32_t, 256> alphabet{};
  char32_t next = 256;
  for (int byte = 0; byte < 256; ++byte) {
    alphabet[byte] = is_printable(byte) ? static_cast<char32_t>(byte) : next++;
  }
  return alphabet;
}

const std::array<char32_t, 256> kAlphabet = make_alphabet();

uint64_t pair_key(int64_t left, int64_t right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint64_t>(right);
}

// A word under encoding: a list of symbols, linked so that a merge is a constant amount of work.
struct Symbol {
  int64_t id;
  int64_t previous;  // index, or -1
  int64_t next;      // index, or -1
};

// A pair that can be merged, if its symbols are still the same when its turn comes.
struct Candidate {
  int64_t rank;
  int64_t left;  // index of the left symbol
  int64_t left_id;
  int64_t right_id;
  int64_t merged_id;

  // The queue's top is its greatest element: the lowest rank, then the leftmost.
  bool operator<(const Candidate &other) const {
    return std::tie(other.rank, other.left) < std::tie(rank, left);
  }
};

}  // namespace

BytePairEncoder::BytePairEncoder(const std::filesystem::path &folder) {
  const std::filesystem::path vocabulary = folder / "vocab.json", fast = folder / "tokenizer.json";
  if (!std::filesystem::exists(vocabulary) && std::filesystem::exists(fast)) {
    const JsonFile file{fast};
    const BytePairModel model = read_byte_pair_model(file);
    read_vocabulary(model.vocabulary, fast);
    merges_.reserve(model.merges.size());
    for (const auto &[left, right] : model.merges) add_merge(left, right, fast);
  } else {
    read_vocabulary(JsonFile{vocabulary}.root(), vocabulary);
    read_merges(folder / "merges.txt");
  }
  for (size_t byte = 0; byte < kAlphabet.size(); ++byte) {
    const std::string letter = encode_utf8({&kAlphabet[byte], 1});
    byte_ids_[byte] = find(letter);
    last_byte_ids_[byte] = find(letter + std::string{kEndOfWord});
  }
}

void BytePairEncoder::read_vocabulary(const nlohmann::json &vocabulary,
                                      const std::filesystem::path &path) {
  ids_.reserve(vocabulary.size());
  for (const auto &[token, value] : vocabulary.items()) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= uint64_t{kVocabularyLimit}) {
      throw Error{ErrorKind::invalid_argument,
                  path.string() + ": '" + token + "' must be an id from 0 to " +
                      std::to_string(kVocabularyLimit - 1) + ", and is " + value.dump(),
                  "model"};
    }
    const auto id = value.get<int64_t>();
    ids_.emplace(token, id);
    if (id >= vocabulary_size()) tokens_.resize(static_cast<size_t>(id) + 1);
    tokens_[static_cast<size_t>(id)] = token;
  }
}

void BytePairEncoder::read_merges(const std::filesystem::path &path) {
  const std::string text = read_text(path, kMergesFileLimit);
  int64_t line_number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.rfind("#version", 0) == 0) continue;
    const size_t space = line.find(' ');
    const std::string left = line.substr(0, space);
    const std::string right = space == std::string::npos ? "" : line.substr(space + 1);
    add_merge(left, right, path, line_number);
  }
}

// Each ranks behind those before it.
void BytePairEncoder::add_merge(const std::string &left, const std::string &right,
                                const std::filesystem::path &path, int64_t line) {
  const int64_t left_id = find(left), right_id = find(right), merged_id = find(left + right);
  if (left_id < 0 || right_id < 0 || merged_id < 0) {
    const std::string place = line > 0 ? ":" + std::to_string(line) : "";
    throw Error{ErrorKind::invalid_argument,
                path.string() + place + ": '" + left + "' and '" + right +
                    "' are not two tokens of the vocabulary whose sum is one, too; are merges and "
                    "vocabulary of the same model?",
                "model"};
  }
  merges_.emplace(pair_key(left_id, right_id),
                  Merge{static_cast<int64_t>(merges_.size()), merged_id});
}

int64_t BytePairEncoder::find(const std::string &token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const BytePairEncoder::Merge *BytePairEncoder::find_merge(int64_t left, int64_t right) const {
  if (left < 0 || right < 0) return nullptr;
  const auto found = merges_.find(pair_key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BytePairEncoder::encode(std::string_view word, int64_t unknown,
                             std::vector<int64_t> &ids) const {
  const auto length = static_cast<int64_t>(word.size());
  std::vector<Symbol> symbols;
  for (int64_t i = 0; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(word[static_cast<size_t>(i)]);
    const bool last = i + 1 == length;
    symbols.push_back({(last ? last_byte_ids_ : byte_ids_)[byte], i - 1, last ? -1 : i + 1});
  }
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](int64_t left) {
    if (left < 0 || symbols[left].next < 0) return;
    const int64_t left_id = symbols[left].id, right_id = symbols[symbols[left].next].id;
    if (const Merge *merge = find_merge(left_id, right_id)) {
      candidates.push({merge->rank, left, left_id, right_id, merge->id});
    }
  };
  for (int64_t i = 0; i < length; ++i) consider(i);

  // A symbol merged into its left neighbour keeps its place, with an id that matches no pair.
  constexpr int64_t kGone = -2;
  while (!candidates.empty()) {
    const Candidate pair = candidates.top();
    candidates.pop();
    Symbol &left = symbols[pair.left];
    if (left.id != pair.left_id || left.next < 0) continue;
    Symbol &right = symbols[left.next];
    if (right.id != pair.right_id) continue;
    left.id = pair.merged_id;
    right.id = kGone;
    left.next = right.next;
    if (left.next >= 0) symbols[left.next].previous = pair.left;
    consider(left.previous);
    consider(pair.left);
  }
  for (int64_t i = length == 0 ? -1 : 0; i >= 0; i = symbols[i].next) {
    ids.push_back(symbols[i].id < 0 ? unknown : symbols[i].id);
  }
}

std::string BytePairEncoder::decode(int64_t id) const {
  if (id < 0 || id >= vocabulary_size()) return {};
  std::string token = tokens_[static_cast<size_t>(id)];
  const bool ends_word =
      token.size() >= kEndOfWord.size() &&
      token.compare(token.size() - kEndOfWord.size(), std::string::npos, kEndOfWord) == 0;
  if (ends_word) token.resize(token.size() - kEndOfWord.size());
  std::string bytes;
  for (const char32_t letter : decode_utf8(token)) {
    const auto *const found = std::find(kAlphabet.begin(), kAlphabet.end(), letter);
    if (found != kAlphabet.end()) bytes += static_cast<char>(found - kAlphabet.begin());
  }
  return ends_word ? bytes + ' ' : bytes;
}

}  // namespace pictor::diffusion
