#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pictor::host {

// A row's identity.
struct Hash128 {
  std::uint64_t high = 0, low = 0;
  auto operator<=>(const Hash128 &) const = default;
};

// XXH3-128 of the bytes: quick, stable between versions and machines, not against an adversary.
Hash128 hash128(std::string_view bytes);
std::string to_hex(const Hash128 &hash);

// SHA-256 in lower-case hex.
std::string sha256_hex(const void *data, std::size_t size);

std::string base64(std::string_view bytes);

// SHA-256 in base64, as a Content-Security-Policy writes it.
std::string sha256_base64(std::string_view bytes);

}  // namespace pictor::host
