#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pictor::test {

// A fresh folder under the system's temporary one, removed with all it holds at the end of scope.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;

  const std::filesystem::path &path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Writes `content` to `name` below the folder, making the folders between; returns the path.
  std::filesystem::path write(std::string_view name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// The whole content of a file; throws std::runtime_error when it cannot be read.
std::string read_file(const std::filesystem::path &path);

}  // namespace pictor::test
