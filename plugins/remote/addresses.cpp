#include "remote/addresses.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pictor::remote {
namespace {

struct Block4 {
  std::uint32_t network;
  int bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// IANA's special-purpose registry, what is not globally reachable, and multicast.
constexpr Block4 closed_v4[] = {
    {v4(0, 0, 0, 0), 8},      {v4(10, 0, 0, 0), 8},     {v4(100, 64, 0, 0), 10},
    {v4(127, 0, 0, 0), 8},    {v4(169, 254, 0, 0), 16}, {v4(172, 16, 0, 0), 12},
    {v4(192, 0, 0, 0), 24},   {v4(192, 0, 2, 0), 24},   {v4(192, 88, 99, 0), 24},
    {v4(192, 168, 0, 0), 16}, {v4(198, 18, 0, 0), 15},  {v4(198, 51, 100, 0), 24},
    {v4(203, 0, 113, 0), 24}, {v4(224, 0, 0, 0), 4},    {v4(240, 0, 0, 0), 4},
};

bool is_public_v4(std::uint32_t address) {
  return std::none_of(std::begin(closed_v4), std::end(closed_v4), [&](const Block4 &block) {
    return (address ^ block.network) >> (32 - block.bits) == 0;
  });
}

using Bytes16 = std::array<std::uint8_t, 16>;

bool starts(const Bytes16 &address, const Bytes16 &prefix, int bits) {
  for (int i = 0; i < bits; ++i) {
    const int mask = 0x80 >> (i % 8);
    if ((address[i / 8] & mask) != (prefix[i / 8] & mask)) return false;
  }
  return true;
}

std::uint32_t v4_at(const Bytes16 &address, int offset) {
  return v4(address[offset], address[offset + 1], address[offset + 2], address[offset + 3]);
}

bool is_public_v6(const Bytes16 &address) {
  constexpr Bytes16 mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr Bytes16 nat64 = {0, 0x64, 0xff, 0x9b};
  constexpr Bytes16 six_to_four = {0x20, 0x02};
  if (starts(address, mapped, 96)) return is_public_v4(v4_at(address, 12));
  if (starts(address, nat64, 96)) return is_public_v4(v4_at(address, 12));
  if (starts(address, six_to_four, 16)) return is_public_v4(v4_at(address, 2));
  // Only 2000::/3 is handed out; Teredo, benchmarking, ORCHID and documentation lie inside it.
  constexpr Bytes16 global = {0x20};
  constexpr Bytes16 protocols = {0x20, 0x01};
  constexpr Bytes16 documentation = {0x20, 0x01, 0x0d, 0xb8};
  constexpr Bytes16 documentation_20 = {0x3f, 0xff};
  return starts(address, global, 3) && !starts(address, protocols, 23) &&
         !starts(address, documentation, 32) && !starts(address, documentation_20, 20);
}

bool ends_with_label(std::string_view host, std::string_view label) {
  return host == label || (host.size() > label.size() && host.ends_with(label) &&
                           host[host.size() - label.size() - 1] == '.');
}

}  // namespace

bool is_public(const sockaddr &address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4_address{};
    std::memcpy(&v4_address, &address, sizeof v4_address);
    return is_public_v4(ntohl(v4_address.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6_address{};
    std::memcpy(&v6_address, &address, sizeof v6_address);
    Bytes16 bytes{};
    std::memcpy(bytes.data(), &v6_address.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

bool is_public_address(const std::string &text) {
  in_addr v4_address{};
  if (inet_pton(AF_INET, text.c_str(), &v4_address) == 1) {
    return is_public_v4(ntohl(v4_address.s_addr));
  }
  Bytes16 bytes{};
  return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 && is_public_v6(bytes);
}

bool may_be_public_host(const std::string &host) {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  const bool numeric = name.find(':') != std::string_view::npos ||
                       name.find_first_not_of("0123456789.") == std::string_view::npos;
  if (numeric) return is_public_address(std::string(name.substr(0, name.find('%'))));
  if (name.find('.') == std::string_view::npos) return false;
  constexpr std::string_view inside[] = {"localhost", "local", "internal",
                                         "intranet",  "lan",   "home.arpa"};
  return std::none_of(std::begin(inside), std::end(inside),
                      [&](std::string_view label) { return ends_with_label(name, label); });
}

}  // namespace pictor::remote
