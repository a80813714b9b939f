#include "remote/base64.hpp"

#include <array>
#include <cstring>

namespace pictor::remote {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t invalid = 1u << 31;

// What a letter adds to the 24 bits of its group of four, by its place in the group.
using Values = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Values make_values() {
  Values values{};
  for (auto &place : values) place.fill(invalid);
  for (std::uint32_t i = 0; i < 64; ++i) {
    for (int place = 0; place < 4; ++place) {
      values[place][static_cast<unsigned char>(alphabet[i])] = i << (18 - 6 * place);
    }
  }
  return values;
}

constexpr Values values = make_values();

bool is_space(unsigned char c) {
  return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

// The payload of a data URL in base64; nothing when it is another encoding.
std::optional<std::string_view> without_prefix(std::string_view text) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view mark = ";base64,";
  if (text.substr(0, scheme.size()) != scheme) return text;
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos || comma + 1 < mark.size() ||
      text.substr(comma + 1 - mark.size(), mark.size()) != mark) {
    return std::nullopt;
  }
  return text.substr(comma + 1);
}

std::uint8_t *put(std::uint8_t *out, std::uint32_t group, int bytes) {
  for (int i = 0; i < bytes; ++i) *out++ = static_cast<std::uint8_t>(group >> (16 - 8 * i));
  return out;
}

// One group that is not four plain letters in a row: white space between them, or the end. Moves
// `in` behind it. False when this is not base64.
bool irregular_group(const unsigned char *&in, const unsigned char *end, std::uint8_t *&out) {
  std::uint32_t group = 0;
  int letters = 0, pads = 0;
  while (in != end && letters + pads < 4) {
    const unsigned char c = *in++;
    if (is_space(c)) continue;
    if (c == '=') {
      ++pads;
      continue;
    }
    const std::uint32_t value = values[letters][c];
    if (value == invalid || pads > 0) return false;
    group |= value;
    ++letters;
  }
  if (letters == 4) {
    out = put(out, group, 3);
    return true;
  }
  // The last group, and white space alone after it.
  while (in != end) {
    if (!is_space(*in++)) return false;
  }
  if (letters == 0) return pads == 0;
  if (letters == 1 || (pads > 0 && letters + pads != 4)) return false;
  out = put(out, group, letters - 1);
  return true;
}

}  // namespace

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
  const std::optional<std::string_view> payload = without_prefix(text);
  if (!payload) return std::nullopt;
  std::vector<std::uint8_t> bytes(payload->size() / 4 * 3 + 3);
  const auto *in = reinterpret_cast<const unsigned char *>(payload->data());
  const auto *end = in + payload->size();
  std::uint8_t *out = bytes.data();
  while (in != end) {
    while (end - in >= 4) {
      const std::uint32_t group =
          values[0][in[0]] | values[1][in[1]] | values[2][in[2]] | values[3][in[3]];
      if (group & invalid) break;
      out[0] = static_cast<std::uint8_t>(group >> 16);
      out[1] = static_cast<std::uint8_t>(group >> 8);
      out[2] = static_cast<std::uint8_t>(group);
      out += 3;
      in += 4;
    }
    if (in != end && !irregular_group(in, end, out)) return std::nullopt;
  }
  bytes.resize(static_cast<std::size_t>(out - bytes.data()));
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto *in = reinterpret_cast<const unsigned char *>(bytes.data());
  char *out = text.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3, out += 4) {
    const std::uint32_t group = in[0] << 16 | in[1] << 8 | in[2];
    for (int i = 0; i < 4; ++i) out[i] = alphabet[group >> (18 - 6 * i) & 63];
  }
  if (left > 0) {
    const std::uint32_t group = in[0] << 16 | (left > 1 ? in[1] << 8 : 0);
    for (std::size_t i = 0; i < left + 1; ++i) out[i] = alphabet[group >> (18 - 6 * i) & 63];
  }
  return text;
}

}  // namespace pictor::remote
