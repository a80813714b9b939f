#include "run/stored_pictures.hpp"

#include "base/file.hpp"

namespace pictor::host {

namespace {

constexpr std::size_t open_shards = 8;

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
  if (shards_.size() >= open_shards) shards_.erase(shards_.begin());
  return shards_.try_emplace(name, output_dir_ / split_ / name).first->second;
}

std::string StoredPictures::read(const SampleEnd &end) {
  if (!end.container.empty()) return shard(end.container).read(end.file_name);
  if (sharded_) return read_file(spool_folder(output_dir_) / end.file_name);
  return read_file(output_dir_ / split_ / end.file_name);
}

std::string StoredPictures::place(const SampleEnd &end) const {
  if (!end.container.empty()) return split_ + "/" + end.container + "/" + end.file_name;
  if (sharded_) return ".pictor/spool/" + end.file_name;
  return split_ + "/" + end.file_name;
}

}  // namespace pictor::host
