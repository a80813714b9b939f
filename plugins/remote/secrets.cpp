#include "remote/secrets.hpp"

#include "remote/header_lines.hpp"
#include <pictor/model.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace pictor::remote {
namespace {

constexpr std::size_t largest_file = 64 << 10;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

Error unreadable(const std::string &file, const std::string &why) {
  return Error(Status::unauthenticated, "the file '" + file + "' holds no key: " + why);
}

// Read without a stream, whose buffers nobody overwrites.
void read_file(const std::string &file, const std::function<void(std::string_view)> &use) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw unreadable(file, std::strerror(errno));
  struct Content {
    std::string bytes;
    ~Content() { wipe(bytes); }
  } content;
  content.bytes.resize(largest_file);
  std::size_t size = 0;
  ssize_t got = 0;
  while (size < largest_file &&
         (got = ::read(descriptor, content.bytes.data() + size, largest_file - size)) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    size += static_cast<std::size_t>(got);
  }
  const int fault = got < 0 ? errno : 0;
  ::close(descriptor);
  if (fault != 0) throw unreadable(file, std::strerror(fault));
  const std::string_view secret = trimmed(std::string_view(content.bytes).substr(0, size));
  if (secret.empty()) throw unreadable(file, "it is empty");
  if (size == largest_file) throw unreadable(file, "it is larger than any key");
  use(secret);
}

}  // namespace

void read_secret(const SecretHeader &header, const std::function<void(std::string_view)> &use) {
  if (!header.file.empty()) return read_file(header.file, use);
  with_secret(header.secret, [&](std::string_view secret) { use(secret); });
}

}  // namespace pictor::remote
