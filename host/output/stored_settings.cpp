#include "output/stored_settings.hpp"

#include "base/escape.hpp"
#include "output/decode.hpp"
#include "output/exif.hpp"
#include "output/infotext.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdint>

namespace pictor::host {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t max_inflated = 16 << 20;

std::uint32_t big_endian(std::string_view bytes, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint32_t little_endian32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Empty for damaged streams and for those that unpack to more than the limit.
std::string inflated(std::string_view packed) {
  z_stream stream{};
  if (inflateInit(&stream) != Z_OK) return {};
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(packed.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), max_inflated));
  std::string text;
  int status = Z_OK;
  while (status == Z_OK && text.size() <= max_inflated) {
    char block[16384];
    stream.next_out = reinterpret_cast<Bytef *>(block);
    stream.avail_out = sizeof block;
    status = inflate(&stream, Z_NO_FLUSH);
    text.append(block, sizeof block - stream.avail_out);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && text.size() <= max_inflated ? text : std::string();
}

std::string from_latin1(std::string_view latin1) {
  std::string text;
  for (const char c : latin1) append_utf8(text, static_cast<unsigned char>(c));
  return text;
}

// Takes what stands before the next NUL off the front; nothing without a NUL.
std::optional<std::string_view> take_field(std::string_view &bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view field = bytes.substr(0, end);
  bytes.remove_prefix(end + 1);
  return field;
}

// The text of a tEXt, zTXt or iTXt chunk behind its keyword.
std::string png_text(std::string_view type, std::string_view rest) {
  if (type == "tEXt") return from_latin1(rest);
  if (type == "zTXt") return rest.starts_with('\0') ? from_latin1(inflated(rest.substr(1))) : "";
  if (rest.size() < 2) return {};
  const bool packed = rest[0] == 1;
  rest.remove_prefix(2);
  if (!take_field(rest) || !take_field(rest)) return {};  // language, translated keyword
  return valid_utf8(packed ? inflated(rest) : std::string(rest));
}

EmbeddedTexts read_png(std::string_view bytes) {
  EmbeddedTexts texts;
  bytes.remove_prefix(8);
  while (bytes.size() >= 12) {
    const std::uint32_t length = big_endian(bytes, 4);
    const std::string_view type = bytes.substr(4, 4);
    if (length > bytes.size() - 12 || type == "IEND") break;
    std::string_view content = bytes.substr(8, length);
    bytes.remove_prefix(12 + std::size_t{length});
    if (type != "tEXt" && type != "zTXt" && type != "iTXt") continue;
    const auto keyword = take_field(content);
    if (keyword == "parameters") texts.parameters = png_text(type, content);
    if (keyword == "pictor") texts.pictor = png_text(type, content);
  }
  return texts;
}

// The segments before the pixels: FF, marker, length, content.
std::string_view jpeg_exif(std::string_view bytes) {
  bytes.remove_prefix(2);
  while (bytes.size() >= 4 && bytes[0] == '\xFF') {
    const auto marker = static_cast<unsigned char>(bytes[1]);
    if (marker == 0xFF) {  // fill byte
      bytes.remove_prefix(1);
      continue;
    }
    const std::uint32_t length = big_endian(bytes.substr(2), 2);
    if (marker == 0xDA || marker == 0xD9 || length < 2 || length + 2 > bytes.size()) break;
    const std::string_view content = bytes.substr(4, length - 2);
    if (marker == 0xE1 && content.starts_with("Exif\0\0"sv)) return content;
    bytes.remove_prefix(2 + std::size_t{length});
  }
  return {};
}

std::string_view webp_exif(std::string_view bytes) {
  bytes.remove_prefix(12);
  while (bytes.size() >= 8) {
    const std::uint32_t length = little_endian32(bytes.substr(4));
    if (length > bytes.size() - 8) break;
    if (bytes.starts_with("EXIF")) return bytes.substr(8, length);
    bytes.remove_prefix(std::min(bytes.size(), 8 + std::size_t{length} + length % 2));
  }
  return {};
}

}  // namespace

EmbeddedTexts read_embedded_texts(std::string_view image) {
  const auto format = image_format(image);
  if (!format) return {};
  if (format == ImageFormat::png) return read_png(image);
  return {exif_user_comment(format == ImageFormat::jpeg ? jpeg_exif(image) : webp_exif(image)), {}};
}

std::optional<StoredSettings> read_stored_settings(std::string_view image) {
  EmbeddedTexts texts = read_embedded_texts(image);
  Json record = parse_pictor_record(texts.pictor);
  Json settings = texts.parameters.empty() ? Json::object() : parse_infotext(texts.parameters);
  if (const auto inside = settings.find("Pictor");
      inside != settings.end() && !record.is_object()) {
    record = *inside;
  }
  if (record.is_object()) {
    return StoredSettings{StoredSettings::Origin::pictor, std::move(record),
                          std::move(texts.parameters)};
  }
  if (texts.parameters.empty()) return std::nullopt;
  return StoredSettings{StoredSettings::Origin::infotext, std::move(settings),
                        std::move(texts.parameters)};
}

}  // namespace pictor::host
