#pragma once

#include "output/encode.hpp"
#include "output/imagefolder.hpp"
#include "run/picture_store.hpp"

#include <filesystem>
#include <mutex>
#include <set>
#include <string>

namespace pictor::host {

// The split folder of an imagefolder dataset. Pixels are encoded with their settings inside; bytes
// that came encoded are checked and kept as they are.
class DatasetFolder final : public PictureStore {
 public:
  // Makes the folder. `version`: of the program, for the pictures' settings.
  DatasetFolder(std::filesystem::path folder, FileNames names, EncodeOptions options,
                std::string version);

  SampleEnd store(const DrawnPicture &drawn) override;
  SampleEnd failed(const Request &request, std::uint32_t index, const Failure &failure) override;
  void flush(std::span<const SampleEnd> ends) override;

 private:
  struct File;
  std::variant<File, Failure> make_file(const DrawnPicture &drawn, Json &record) const;
  void make_sub_folder(const std::string &name);

  const std::filesystem::path folder_;
  const FileNames names_;
  const EncodeOptions options_;
  const std::string version_;
  std::mutex mutex_;
  std::set<std::string> made_;  // sub-folders
};

}  // namespace pictor::host
