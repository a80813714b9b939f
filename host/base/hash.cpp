#include "base/hash.hpp"

#include "base/digest.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <xxhash.h>

namespace pictor::host {

namespace {

std::string sha256(std::string_view bytes) {
  Digest digest(Digest::Kind::sha256);
  digest.add(bytes);
  return digest.bytes();
}

}  // namespace

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::string to_hex(const Hash128 &hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

std::string sha256_hex(const void *data, std::size_t size) {
  Digest digest(Digest::Kind::sha256);
  digest.add({static_cast<const char *>(data), size});
  return digest.hex();
}

std::string base64(std::string_view bytes) {
  std::string text(bytes.size() / 3 * 4 + 5, '\0');  // OpenSSL adds a NUL
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char *>(text.data()),
                                     reinterpret_cast<const unsigned char *>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string sha256_base64(std::string_view bytes) {
  return base64(sha256(bytes));
}

}  // namespace pictor::host
