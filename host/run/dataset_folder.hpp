#pragma once

#include "output/encode.hpp"
#include "output/imagefolder.hpp"
#include "run/picture_store.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace pictor::host {

// The name of a picture's file, relative to its folder; may begin with sub-folders. [any thread]
using PictureNaming =
    std::function<std::string(const Request &, std::uint32_t index, ImageFormat format)>;

// The names of an imagefolder: row, model and generation.
PictureNaming row_naming(FileNames names);

// How pictures become files.
struct PictureEncoding {
  EncodeOptions options;
  bool transcode = false;  // pictures that come encoded, in another format, are converted
  std::string sidecar = "none";
  std::string version;  // of the program, for the pictures' settings
};

// A folder of pictures, a file each. Pixels are encoded with their settings inside; bytes that came
// encoded are checked, and kept as they are unless they shall be converted and can be.
class DatasetFolder final : public PictureStore {
 public:
  // Makes the folder.
  DatasetFolder(std::filesystem::path folder, PictureNaming naming, PictureEncoding encoding);

  SampleEnd store(const DrawnPicture &drawn) override;
  SampleEnd failed(const Request &request, std::uint32_t index, const Failure &failure) override;
  void flush(std::span<const SampleEnd> ends) override;

 private:
  struct File;
  std::variant<File, Failure> make_file(const DrawnPicture &drawn, Json &record) const;
  std::optional<File> converted(std::string_view bytes, const Json &record) const;
  void write_sidecar(const SampleEnd &end) const;
  void make_sub_folders(const std::filesystem::path &relative);

  const std::filesystem::path folder_;
  const PictureNaming naming_;
  const PictureEncoding encoding_;
  std::mutex mutex_;
  std::set<std::filesystem::path> made_;  // sub-folders
};

}  // namespace pictor::host
