#include "plan/picture_file.hpp"

#include "base/escape.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace pictor::host {
namespace {

bool is_picture(std::string_view start) {
  return start.starts_with("\x89PNG\r\n\x1a\n") || start.starts_with("\xFF\xD8\xFF") ||
         (start.starts_with("RIFF") && start.substr(8) == "WEBP");
}

// `size` becomes the file's.
std::string refuse_open(int descriptor, std::uint64_t max_bytes, std::uint64_t &size) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "not a file";
  size = static_cast<std::uint64_t>(status.st_size);
  if (size > max_bytes) {
    return fmt::format("larger than {} bytes", max_bytes);
  }
  char start[12] = {};
  const ssize_t got = ::read(descriptor, start, sizeof start);
  if (got < 0) return std::strerror(errno);
  const bool known = is_picture({start, static_cast<std::size_t>(got)});
  return known ? std::string{} : "neither PNG, JPEG nor WebP";
}

std::string refuse_picture(const std::string &path, std::uint64_t max_bytes, std::uint64_t &size) {
  // Not blocking: the path may name a pipe that nobody writes to.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::strerror(errno);
  std::string reason = refuse_open(descriptor, max_bytes, size);
  ::close(descriptor);
  return reason;
}

std::string absolute(const Json &path, const std::filesystem::path &folder) {
  return (folder / path.get_ref<const std::string &>()).lexically_normal().string();
}

}  // namespace

Json absolute_pictures(const Json &value, const std::filesystem::path &folder) {
  if (!value.is_array()) return absolute(value, folder);
  Json paths = Json::array();
  for (const Json &path : value) paths.push_back(absolute(path, folder));
  return paths;
}

std::string refuse_pictures(const ParameterSpec &spec, const Json &value) {
  const Json paths = value.is_array() ? value : Json::array({value});
  const std::uint64_t largest =
      spec.max_bytes == 0 ? largest_picture_file : std::uint64_t{spec.max_bytes};
  std::uint64_t together = 0;
  for (const Json &path : paths) {
    const auto &name = path.get_ref<const std::string &>();
    std::uint64_t size = 0;
    const std::string reason = refuse_picture(name, largest, size);
    if (!reason.empty()) return fmt::format("{}: {}: {}", spec.id, terminal_safe(name), reason);
    together += size;
  }
  if (!value.is_array() || together <= largest_picture_list) return {};
  return fmt::format("{}: its {} files have {} bytes together, more than {}", spec.id, paths.size(),
                     together, largest_picture_list);
}

}  // namespace pictor::host
