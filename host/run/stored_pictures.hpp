#pragma once

#include "ledger/ledger.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// The files of a dataset's pictures, wherever they are kept.
class StoredPictures {
 public:
  // `output_dir`: of the run that `ledger` belongs to.
  StoredPictures(const std::filesystem::path &output_dir, const Ledger &ledger);

  // The bytes of the file of an end that is ok. Throws FileError when it is missing or unreadable.
  std::string read(const SampleEnd &end) const;
  // The size of that file. Throws likewise.
  std::uint64_t size(const SampleEnd &end) const;

 private:
  std::filesystem::path split_folder_;
};

}  // namespace pictor::host
