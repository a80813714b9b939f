#include "base/hash.hpp"

#include "base/error.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include <array>

namespace pictor::host {

namespace {

using Sha256 = std::array<unsigned char, 32>;

Sha256 sha256(const void *data, std::size_t size) {
  Sha256 digest;
  if (EVP_Digest(data, size, digest.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw Error("OpenSSL refused to compute a SHA-256",
                "check the OpenSSL configuration of this machine (openssl.cnf)",
                ExitCode::internal);
  }
  return digest;
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
  std::string hex;
  for (const unsigned char byte : sha256(data, size))
    fmt::format_to(std::back_inserter(hex), "{:02x}", byte);
  return hex;
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
  const Sha256 digest = sha256(bytes.data(), bytes.size());
  return base64({reinterpret_cast<const char *>(digest.data()), digest.size()});
}

}  // namespace pictor::host
