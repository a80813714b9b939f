#include "plan/picture_file.hpp"

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

std::string refuse_open(int descriptor, std::uint64_t max_bytes) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return std::strerror(errno);
  if (!S_ISREG(status.st_mode)) return "not a file";
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    return fmt::format("larger than {} bytes", max_bytes);
  }
  char start[12] = {};
  const ssize_t got = ::read(descriptor, start, sizeof start);
  if (got < 0) return std::strerror(errno);
  const bool known = is_picture({start, static_cast<std::size_t>(got)});
  return known ? std::string{} : "neither PNG, JPEG nor WebP";
}

}  // namespace

std::string refuse_picture(const std::filesystem::path &path, std::uint64_t max_bytes) {
  // Not blocking: the path may name a pipe that nobody writes to.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return std::strerror(errno);
  std::string reason = refuse_open(descriptor, max_bytes);
  ::close(descriptor);
  return reason;
}

}  // namespace pictor::host
