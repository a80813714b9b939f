#pragma once

#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pictor::diffusion {

// Byte-level byte pair encoding with CLIP's end-of-word marker "</w>", from the vocab.json and
// merges.txt of a tokenizer folder, or its tokenizer.json where those are missing. Const members
// may be called from several threads.
class BytePairEncoder {
 public:
  // Throws Error when a file is missing, malformed, or when the two do not fit together.
  explicit BytePairEncoder(const std::filesystem::path &folder);

  // One more than the largest id.
  int64_t vocabulary_size() const { return static_cast<int64_t>(tokens_.size()); }

  // The id of a whole entry of the vocabulary, or -1.
  int64_t find(const std::string &token) const;

  // Appends the tokens of one word, bytes of UTF-8. A byte that the vocabulary lacks becomes
  // `unknown`. Takes n log n time in the length of the word.
  void encode(std::string_view word, int64_t unknown, std::vector<int64_t> &ids) const;

  // The bytes of a token; a space for the end-of-word marker.
  std::string decode(int64_t id) const;

 private:
  struct Merge {
    int64_t rank;
    int64_t id;
  };

  void read_vocabulary(const nlohmann::json &vocabulary, const std::filesystem::path &path);
  void read_merges(const std::filesystem::path &path);
  // `line`: where in the file the merge stands, if that has lines.
  void add_merge(const std::string &left, const std::string &right,
                 const std::filesystem::path &path, int64_t line = 0);
  const Merge *find_merge(int64_t left, int64_t right) const;

  std::unordered_map<std::string, int64_t> ids_;
  std::vector<std::string> tokens_;
  std::unordered_map<uint64_t, Merge> merges_;  // by pair of ids
  std::array<int64_t, 256> byte_ids_{};         // -1 where the vocabulary lacks the byte
  std::array<int64_t, 256> last_byte_ids_{};    // the same with the end-of-word marker
};

}  // namespace pictor::diffusion
