#pragma once

#include "output/imagefolder.hpp"
#include "run/convert.hpp"
#include "run/sink.hpp"
#include "run/template_naming.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// Writes pictures that are there already in another layout. Samples come in key order.
class ConvertedFiles {
 public:
  // Tells where those samples' pictures are now: their file_name and container.
  using Placed = std::function<void(std::span<const SampleEnd> ends)>;

  virtual ~ConvertedFiles() = default;
  virtual void add(const SampleEnd &end, std::string_view bytes) = 0;
  // All is on disk after it.
  virtual void finish() = 0;
};

// A file per picture. `names` null: as an imagefolder's.
std::unique_ptr<ConvertedFiles> make_loose_files(const std::filesystem::path &split_folder,
                                                 const Sink &sink, const FolderLayout &layout,
                                                 const std::vector<std::string> &models,
                                                 ConvertedFiles::Placed placed);

// Shards.
std::unique_ptr<ConvertedFiles> make_shards(const std::filesystem::path &split_folder,
                                            const Sink &sink, FolderLayout layout,
                                            const std::vector<std::string> &models,
                                            ShardLimits limits, ConvertedFiles::Placed placed);

}  // namespace pictor::host
