#pragma once

#include "base/json.hpp"
#include "config/name_template.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pictor::host {

// What a sample's name is made from.
struct NameFacts {
  std::string row, generation;  // padded, so that names sort
  std::string id;               // the user's; empty: the row's number stands for it
  std::string model, prompt;
  std::optional<std::uint64_t> seed;
  const Json *record = nullptr;  // columns and parameters by name
};

// The fields that every sample has; others are columns and parameters.
const std::vector<std::string> &name_fields();

// File names without extension after a template, relative to the dataset's folder. A value never
// makes a folder or leaves one: in it, what is no letter, digit or one of "._+=,-" becomes '-'. Of
// a prompt, lower case, dashes between words and 60 characters are kept. Names that would be equal,
// also where the file system ignores case, are told apart by "-2", "-3", ... in the order in which
// they are asked for.
class TemplateNames {
 public:
  explicit TemplateNames(std::string_view text) : pieces_(name_pieces(text)) {}

  // A name that is in use already.
  void take(std::string_view stem);
  // The next sample's name. `fallback` when the template gives none.
  std::string next(const NameFacts &facts, const std::string &fallback);

  // The same without its number: what the template alone says.
  std::string plain(const NameFacts &facts, const std::string &fallback) const;

 private:
  bool is_free(const std::string &stem);

  std::vector<NamePiece> pieces_;
  std::unordered_set<std::uint64_t> taken_;                  // hashes of names
  std::unordered_map<std::uint64_t, std::uint32_t> number_;  // the last, by the name without it
};

}  // namespace pictor::host
