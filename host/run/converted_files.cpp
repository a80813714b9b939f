#include "run/converted_files.hpp"

#include "base/file.hpp"
#include "output/decode.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t placed_at_once = 10'000;

// An imagefolder's name for a picture that has the extension of `end` already.
std::string plain_name(const FileNames &names, const SampleEnd &end) {
  const std::string png =
      names.file_name(end.key.row, end.key.model, end.key.generation, ImageFormat::png);
  return fs::path(png).replace_extension(fs::path(end.file_name).extension()).string();
}

class LooseFiles final : public ConvertedFiles {
 public:
  LooseFiles(fs::path folder, const Sink &sink, const FolderLayout &layout,
             const std::vector<std::string> &models, Placed placed)
      : folder_(std::move(folder)),
        sink_(sink),
        models_(models),
        plain_(layout, models),
        placed_(std::move(placed)) {
    if (!sink.name.empty()) names_.emplace(sink.name, layout, models);
  }

  void add(const SampleEnd &end, std::string_view bytes) override {
    SampleEnd moved = end;
    moved.container.clear();
    moved.file_name = name_of_file(end);
    const fs::path file = folder_ / moved.file_name;
    if (folders_.insert(file.parent_path()).second) make_directories(file.parent_path());
    write_file(file, bytes);
    const std::string sidecar = sidecar_of(sink_, moved.file_name);
    if (!sidecar.empty()) write_file(folder_ / sidecar, sidecar_content(sink_.sidecar, moved));
    moved_.push_back(std::move(moved));
    if (moved_.size() >= placed_at_once) tell();
  }

  void finish() override {
    for (fs::path folder : folders_) {
      for (; folder != folder_.parent_path(); folder = folder.parent_path()) sync_directory(folder);
    }
    tell();
  }

 private:
  std::string name_of_file(const SampleEnd &end) {
    if (!names_) return plain_name(plain_, end);
    const std::string model = end.key.model < models_.size() ? models_[end.key.model] : "";
    return names_->next_file_name(end, model, fs::path(end.file_name).extension().string());
  }

  void tell() {
    placed_(moved_);
    moved_.clear();
  }

  const fs::path folder_;
  const Sink sink_;
  const std::vector<std::string> models_;
  const FileNames plain_;
  const Placed placed_;
  std::optional<TemplateNaming> names_;
  std::vector<SampleEnd> moved_;
  std::set<fs::path> folders_;
};

class Shards final : public ConvertedFiles {
 public:
  Shards(fs::path folder, const Sink &sink, const FolderLayout &flat,
         const std::vector<std::string> &models, ShardLimits limits, Placed placed)
      : folder_(std::move(folder)),
        sink_(sink),
        plain_(flat, models),
        limits_(limits),
        placed_(std::move(placed)),
        names_(folder_.filename().string(), {}) {}

  void add(const SampleEnd &end, std::string_view bytes) override {
    SampleEnd moved = end;
    moved.file_name = plain_name(plain_, end);
    const ShardSample sample{moved.file_name, end.prompt,
                             json_line(sink_.columns.fit(end.metadata))};
    const std::uint64_t size = shard_bytes(sample, bytes.size());
    const std::string extension(extension_of(moved.file_name));
    Open &open = open_[extension];
    if (!open.ends.empty() && open.bytes + size > limits_.bytes) close(extension, open);
    if (!open.writer) {
      open.name = names_.next(extension);
      open.writer = std::make_unique<ShardWriter>(folder_ / open.name);
    }
    open.writer->add(sample, bytes);
    open.bytes += size;
    moved.container = open.name;
    open.ends.push_back(std::move(moved));
    if (limits_.reached(open.bytes, open.ends.size())) close(extension, open);
  }

  void finish() override {
    for (auto &[extension, open] : open_) {
      if (open.writer) close(extension, open);
    }
    sync_directory(folder_);
  }

 private:
  struct Open {
    std::string name;
    std::unique_ptr<ShardWriter> writer;
    std::vector<SampleEnd> ends;
    std::uint64_t bytes = 0;
  };

  void close(const std::string &extension, Open &open) {
    open.writer->commit();
    placed_(open.ends);
    names_.take(extension);
    open = {};
  }

  const fs::path folder_;
  const Sink sink_;
  const FileNames plain_;
  const ShardLimits limits_;
  const Placed placed_;
  ShardNames names_;
  std::map<std::string, Open> open_;  // by extension
};

}  // namespace

std::unique_ptr<ConvertedFiles> make_loose_files(const fs::path &split_folder, const Sink &sink,
                                                 const FolderLayout &layout,
                                                 const std::vector<std::string> &models,
                                                 ConvertedFiles::Placed placed) {
  return std::make_unique<LooseFiles>(split_folder, sink, layout, models, std::move(placed));
}

std::unique_ptr<ConvertedFiles> make_shards(const fs::path &split_folder, const Sink &sink,
                                            FolderLayout layout,
                                            const std::vector<std::string> &models,
                                            ShardLimits limits, ConvertedFiles::Placed placed) {
  layout.sub_folders = false;
  return std::make_unique<Shards>(split_folder, sink, layout, models, limits, std::move(placed));
}

}  // namespace pictor::host
