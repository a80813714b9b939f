#include "run/stored_pictures.hpp"

#include "base/file.hpp"

namespace pictor::host {

StoredPictures::StoredPictures(const std::filesystem::path &output_dir, const Ledger &ledger)
    : split_folder_(output_dir / ledger.job().value("split", "train")) {}

std::string StoredPictures::read(const SampleEnd &end) const {
  return read_file(split_folder_ / end.file_name);
}

}  // namespace pictor::host
