#include "plugin/trust.hpp"

#include "base/digest.hpp"
#include "base/error.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// A folder in which files belong to their owners, as /tmp is, lets nobody replace another's.
bool is_open_to_all(const fs::path &path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  const bool kept = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  return (status.st_mode & S_IWOTH) != 0 && !kept;
}

}  // namespace

void require_unchangeable(const fs::path &file) {
  for (const fs::path &path : {file, file.parent_path()}) {
    if (!is_open_to_all(path)) continue;
    throw Error(fmt::format("{} is not loaded: every user of this machine may change {}",
                            file.string(), path == file ? "it" : path.string()),
                fmt::format("chmod o-w {}", path.string()), ExitCode::plugin);
  }
}

std::string plugin_sha256(const fs::path &file) {
  std::ifstream stream(file, std::ios::binary);
  Digest digest(Digest::Kind::sha256);
  std::array<char, 1 << 16> bytes;
  while (stream.read(bytes.data(), bytes.size()), stream.gcount() > 0) {
    digest.add({bytes.data(), static_cast<std::size_t>(stream.gcount())});
  }
  if (!stream.eof()) {
    throw Error(fmt::format("{} cannot be read", file.string()), "", ExitCode::plugin);
  }
  return digest.hex();
}

void require_pinned(const fs::path &file, const std::string &id, const PluginPins &pins) {
  const auto pin = pins.find(id);
  if (pin == pins.end()) return;
  const std::string own = plugin_sha256(file);
  if (own == pin->second) return;
  throw Error(fmt::format("{} is not loaded: its SHA-256 is {}, and plugins.sha256.{} asks for {}",
                          file.string(), own, id, pin->second),
              "install the file that was pinned, or pin this one", ExitCode::plugin);
}

}  // namespace pictor::host
