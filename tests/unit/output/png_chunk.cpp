#include "unit/output/pictures.hpp"

#include <zlib.h>

namespace pictor::test {

namespace {

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

}  // namespace

std::string png_chunk(const std::string &type, const std::string &content) {
  const std::string body = type + content;
  const auto checksum =
      crc32(0, reinterpret_cast<const Bytef *>(body.data()), static_cast<uInt>(body.size()));
  return number(static_cast<std::uint32_t>(content.size())) + body +
         number(static_cast<std::uint32_t>(checksum));
}

}  // namespace pictor::test
