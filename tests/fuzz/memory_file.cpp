#include "memory_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

namespace pictor::test {

MemoryFile::MemoryFile(std::string_view content) : descriptor_(::memfd_create("fuzz", 0)) {
  if (descriptor_ < 0) std::abort();
  while (!content.empty()) {
    const ssize_t count = ::write(descriptor_, content.data(), content.size());
    if (count <= 0) std::abort();
    content.remove_prefix(static_cast<size_t>(count));
  }
}

MemoryFile::~MemoryFile() {
  ::close(descriptor_);
}

std::filesystem::path MemoryFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace pictor::test
