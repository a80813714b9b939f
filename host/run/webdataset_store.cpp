#include "run/webdataset_store.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>
#include <unordered_set>
#include <vector>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// The ledger is a file that anybody may have edited: only names of the spool's own files are taken.
bool is_spooled(const fs::path &spool, const std::string &file_name) {
  return !file_name.empty() && file_name.find('/') == std::string::npos &&
         fs::is_regular_file(fs::symlink_status(spool / file_name));
}

}  // namespace

WebdatasetStore::WebdatasetStore(Parts parts, Ledger &ledger, PictureNaming naming,
                                 PictureEncoding encoding, const Warn &warn)
    : parts_(std::move(parts)),
      split_folder_(parts_.output_dir / parts_.split),
      spool_folder_(spool_folder(parts_.output_dir)),
      ledger_(ledger),
      spool_(spool_folder_, std::move(naming), std::move(encoding)),
      names_(parts_.split, ledger.containers()) {
  make_directories(split_folder_);
  sync_directory(parts_.output_dir);
  take_over(warn);
}

void WebdatasetStore::take_over(const Warn &warn) {
  std::unordered_set<std::string> wanted;
  std::vector<SampleKey> lost;
  ledger_.for_each_loose([&](const SampleEnd &end) {
    if (!is_spooled(spool_folder_, end.file_name)) {
      lost.push_back(end.key);
      return;
    }
    wanted.insert(end.file_name);
    wait_for_shard(end);
  });
  std::vector<fs::path> stale;
  for (const fs::directory_entry &entry : fs::directory_iterator(spool_folder_)) {
    if (!wanted.contains(entry.path().filename().string())) stale.push_back(entry.path());
  }
  for (const fs::path &file : stale) remove_file(file);
  if (lost.empty()) return;
  ledger_.forget(lost);
  warn(fmt::format("{} pictures waited in {} for a shard and are gone: they are drawn again",
                   lost.size(), spool_folder_.string()));
}

void WebdatasetStore::wait_for_shard(const SampleEnd &end) {
  Waiting waiting{{end.file_name, end.prompt, json_line(parts_.columns.fit(end.metadata))}, 0};
  waiting.bytes = shard_bytes(waiting.sample, end.file_size);
  Series &series = series_[std::string(extension_of(end.file_name))];
  series.bytes += waiting.bytes;
  series.waiting[end.key] = std::move(waiting);
}

void WebdatasetStore::recorded(std::span<const SampleEnd> ends) {
  for (const SampleEnd &end : ends) {
    if (end.outcome == Outcome::ok) wait_for_shard(end);
  }
  close_full_shards();
}

void WebdatasetStore::close_full_shards() {
  for (auto &[extension, series] : series_) {
    while (parts_.limits.reached(series.bytes, series.waiting.size())) {
      close_shard(extension, series);
    }
  }
}

void WebdatasetStore::finish() {
  for (auto &[extension, series] : series_) {
    while (!series.waiting.empty()) close_shard(extension, series);
  }
}

// The first of those that wait, as many as fit.
void WebdatasetStore::close_shard(const std::string &extension, Series &series) {
  const std::string name = names_.next(extension);
  ShardWriter shard(split_folder_ / name);
  std::vector<SampleKey> keys;
  std::uint64_t bytes = 0;
  auto end = series.waiting.begin();
  for (; end != series.waiting.end(); ++end) {
    const auto &[key, waiting] = *end;
    const bool fits = keys.empty() || bytes + waiting.bytes <= parts_.limits.bytes;
    if (!fits || keys.size() == parts_.limits.pictures) break;
    shard.add(waiting.sample, read_file(spool_folder_ / waiting.sample.picture_name));
    keys.push_back(key);
    bytes += waiting.bytes;
  }
  shard.commit();
  sync_directory(split_folder_);
  ledger_.contained(name, keys);
  names_.take(extension);
  for (auto each = series.waiting.begin(); each != end; ++each) {
    remove_file(spool_folder_ / each->second.sample.picture_name);
  }
  series.waiting.erase(series.waiting.begin(), end);
  series.bytes -= bytes;
}

}  // namespace pictor::host
