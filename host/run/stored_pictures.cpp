#include "run/stored_pictures.hpp"

#include "base/file.hpp"

#include <system_error>

namespace pictor::host {

namespace {

constexpr std::size_t most_open_shards = 8;

}  // namespace

StoredPictures::StoredPictures(const std::filesystem::path &output_dir, const Ledger &ledger)
    : output_dir_(output_dir) {
  const Json job = ledger.job();
  split_ = job.value("split", "train");
  sharded_ = recorded_sink(job).sharded();
}

const TarReader &StoredPictures::shard(const std::string &name) {
  const auto known = shards_.find(name);
  if (known != shards_.end()) return known->second;
  if (shards_.size() >= most_open_shards) shards_.erase(shards_.begin());
  return shards_.try_emplace(name, output_dir_ / split_ / name).first->second;
}

std::filesystem::path StoredPictures::loose_file(const SampleEnd &end) const {
  return (sharded_ ? spool_folder(output_dir_) : output_dir_ / split_) / end.file_name;
}

std::string StoredPictures::read(const SampleEnd &end) {
  if (!end.container.empty()) return shard(end.container).read(end.file_name);
  return read_file(loose_file(end));
}

std::uint64_t StoredPictures::size(const SampleEnd &end) {
  if (!end.container.empty()) return shard(end.container).size_of(end.file_name);
  const std::filesystem::path file = loose_file(end);
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (error) throw FileError("read", file, error.value());
  return size;
}

std::string StoredPictures::place(const SampleEnd &end) const {
  if (!end.container.empty()) return split_ + "/" + end.container + "/" + end.file_name;
  return loose_file(end).lexically_relative(output_dir_).generic_string();
}

}  // namespace pictor::host
