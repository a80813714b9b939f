#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// A JSON object in a file of a model: config.json, model_index.json, vocab.json. Every getter names
// the file and the key when the value is not what it must be. A key that is null counts as absent,
// as in diffusers, whose configurations write null for "the default".
class JsonFile {
 public:
  // Throws Error: not_found for a missing file, invalid_argument for one that is not a JSON object.
  explicit JsonFile(std::filesystem::path path);

  const std::filesystem::path &path() const { return path_; }
  const nlohmann::json &root() const { return root_; }

  bool has(const std::string &key) const;

  std::string string(const std::string &key) const;
  std::string string(const std::string &key, const std::string &fallback) const;
  bool boolean(const std::string &key, bool fallback) const;
  double number(const std::string &key, double fallback) const;

  // A count: an integer from 1 to 2^20, so that products of a few of them fit in 64 bits.
  int64_t size(const std::string &key) const;
  int64_t size(const std::string &key, int64_t fallback) const;
  std::vector<int64_t> sizes(const std::string &key) const;

  // Either one count for every level or a list with one for each of `levels`.
  std::vector<int64_t> size_per_level(const std::string &key, size_t levels) const;
  std::vector<int64_t> size_per_level(const std::string &key, size_t levels,
                                      int64_t fallback) const;

  std::vector<std::string> strings(const std::string &key) const;

  // Throws Error(invalid_argument): the file, the key, what it must be and what it is.
  [[noreturn]] void fail(const std::string &key, const std::string &expected) const;

 private:
  const nlohmann::json &at(const std::string &key, const std::string &expected) const;
  int64_t to_size(const nlohmann::json &value, const std::string &key) const;

  std::filesystem::path path_;
  nlohmann::json root_;
};

// Parses `text` as JSON, with the Infinity and -Infinity that Python writes read as the largest and
// the smallest double. `origin` names the text in errors. Nesting beyond 32 levels and a key that
// stands twice in one object are refused.
nlohmann::json parse_json(std::string text, const std::string &origin);

// The whole content of a file; throws Error when it cannot be read or is larger than `limit` bytes.
std::string read_text(const std::filesystem::path &path, uint64_t limit);

}  // namespace pictor::diffusion
