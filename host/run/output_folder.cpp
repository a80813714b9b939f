#include "run/output_folder.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "output/decode.hpp"
#include "output/imagefolder.hpp"
#include "output/webdataset.hpp"
#include "run/dataset_files.hpp"
#include "run/sink.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr const char *clearing = "clearing";

// The ledger is a file that anybody may have edited: nothing outside the split folder is touched.
void remove_empty_folders(const fs::path &split_folder, const std::set<fs::path> &folders) {
  for (fs::path folder : folders) {
    for (; !folder.empty(); folder = folder.parent_path()) {
      std::error_code not_empty;
      if (!fs::remove(split_folder / folder, not_empty)) break;
    }
  }
}

void refuse_mixture(const fs::path &output_dir, const std::optional<Shard> &shard) {
  if (shard && fs::exists(ledger_file(output_dir))) {
    throw Error(
        fmt::format("{} has one ledger for the whole dataset, so no shard can be drawn in it",
                    output_dir.string()),
        "run the job without --shard (`--shard none` in a Slurm array) to draw what is "
        "missing, or choose another job.output.dir");
  }
  const std::vector<Shard> shards = unmerged_shards(output_dir);
  if (shards.empty()) return;
  if (!shard) {
    throw Error(
        fmt::format("{} has shards that are not merged: {}", output_dir.string(), list_of(shards)),
        fmt::format("`pictor merge {}` makes them one dataset, then this command draws what "
                    "is missing",
                    output_dir.string()));
  }
  if (shards.front().count != shard->count) {
    throw Error(
        fmt::format("{} is drawn in {} shards, so none of {} can be drawn in it; it has {}",
                    output_dir.string(), shards.front().count, shard->count, list_of(shards)),
        fmt::format("give --shard {}/{}, or choose another job.output.dir",
                    std::min(shard->index, shards.front().count - 1), shards.front().count));
  }
}

void remove_pictures(const fs::path &split_folder, const Ledger &ledger) {
  const Sink sink = recorded_sink(ledger.job());
  std::set<fs::path> folders;
  ledger.for_each_end([&](const SampleEnd &end) {
    if (!end.container.empty() || !stays_inside(end.file_name)) return;
    remove_file(split_folder / end.file_name);
    const std::string sidecar = sidecar_of(sink, end.file_name);
    if (!sidecar.empty()) remove_file(split_folder / sidecar);
    folders.insert(fs::path(end.file_name).parent_path());
  });
  remove_empty_folders(split_folder, folders);
}

// The last of a series may be on disk without being in the ledger.
void remove_shards(const fs::path &output_dir, const std::string &split, const Ledger &ledger) {
  const std::vector<std::string> known = ledger.containers();
  for (const std::string &shard : known) {
    if (stays_inside(shard)) remove_file(output_dir / split / shard);
  }
  const ShardNames names(split, known);
  for (const ImageFormat format : {ImageFormat::png, ImageFormat::jpeg, ImageFormat::webp}) {
    remove_file(output_dir / split / names.next(file_extension(format)));
  }
  std::error_code error;
  fs::remove_all(spool_folder(output_dir), error);
  if (error) throw FileError("remove", spool_folder(output_dir), error.value());
}

}  // namespace

void check_output_folder(const fs::path &output_dir, const std::optional<Shard> &shard) {
  if (!fs::exists(output_dir)) return;
  if (!fs::is_directory(output_dir)) {
    throw Error(fmt::format("{}: is not a folder", output_dir.string()),
                "choose another job.output.dir");
  }
  refuse_mixture(output_dir, shard);
  if (fs::exists(ledger_file(output_dir))) return;
  for (const fs::directory_entry &entry : fs::directory_iterator(output_dir)) {
    if (entry.path().filename() == ".pictor") continue;
    // Another shard may have begun since the first look.
    if (shard && !unmerged_shards(output_dir).empty()) return;
    throw Error(fmt::format("{}: the folder has files that Pictor did not make, such as {}",
                            output_dir.string(), entry.path().filename().string()),
                "choose another job.output.dir, or empty the folder yourself");
  }
}

bool is_half_cleared(const Ledger &ledger) {
  return ledger.job().contains(clearing);
}

void clear_dataset(const fs::path &output_dir, Ledger &ledger) {
  Json job = ledger.job();
  if (!job.contains(clearing)) {
    job[clearing] = true;
    ledger.set_job(job);
  }
  const std::string split = job.value("split", "");
  if (!split.empty() && stays_inside(split)) {
    if (recorded_sink(job).sharded()) {
      remove_shards(output_dir, split, ledger);
    } else {
      remove_pictures(output_dir / split, ledger);
    }
    if (ledger.derived_version() > 0) {
      for (const fs::path &file : dataset_files(output_dir, split)) remove_file(file);
    }
  }
  ledger.clear();
}

}  // namespace pictor::host
