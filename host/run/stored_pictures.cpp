#include "run/stored_pictures.hpp"

#include "base/file.hpp"

#include <system_error>

namespace pictor::host {

StoredPictures::StoredPictures(const std::filesystem::path &output_dir, const Ledger &ledger)
    : split_folder_(output_dir / ledger.job().value("split", "train")) {}

std::string StoredPictures::read(const SampleEnd &end) const {
  return read_file(split_folder_ / end.file_name);
}

std::uint64_t StoredPictures::size(const SampleEnd &end) const {
  const std::filesystem::path file = split_folder_ / end.file_name;
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw FileError("read", file, error.value());
  return size;
}

}  // namespace pictor::host
