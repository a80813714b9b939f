#include "check/struct_shape.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace pictor::host::check {

namespace {

constexpr std::uint32_t grown_by = 256;
constexpr int poison = 0xA5;

}  // namespace

void *reshaped(const void *from, std::uint32_t size, Shape shape) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void *pages = mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  char *at = static_cast<char *>(pages);
  if (shape == Shape::page_end) {
    at += page - size;
    mprotect(static_cast<char *>(pages) + page, page, PROT_NONE);
  } else if (shape == Shape::grown) {
    std::memset(at, poison, page);
  }
  std::memcpy(at, from, size);
  const bool grown = shape == Shape::grown || shape == Shape::grown_empty;
  const std::uint32_t told = size + (grown ? grown_by : 0);
  std::memcpy(at, &told, sizeof told);  // the first field of every struct
  return at;
}

}  // namespace pictor::host::check
