#pragma once

#include "base/hash.hpp"
#include "base/json.hpp"
#include "ledger/ledger.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace pictor::host {

// What metadata.jsonl must say of a picture, in little memory.
struct KnownPicture {
  Hash128 name;      // of file_name
  Hash128 content;   // picture_content()
  bool met = false;  // for the user of KnownPictures
};

// Of the values that tie a record to its picture: text, seed and sha256.
Hash128 picture_content(const Json &record);

// The ok samples of a ledger by file name: 40 bytes each, so that a million fit anywhere.
class KnownPictures {
 public:
  explicit KnownPictures(const Ledger &ledger);
  KnownPicture *find(std::string_view file_name);
  std::size_t size() const { return pictures_.size(); }

 private:
  std::vector<KnownPicture> pictures_;  // sorted by name
};

}  // namespace pictor::host
