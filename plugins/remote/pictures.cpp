#include "remote/pictures.hpp"

#include "remote/answers.hpp"

#include <algorithm>
#include <cctype>

namespace pictor::remote {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::uint32_t big_endian_32(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

std::uint32_t little_endian_32(Bytes bytes, std::size_t at) {
  return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 |
         std::uint32_t{bytes[at + 1]} << 8 | bytes[at];
}

// The beginning in lower case, without the white space and the byte order mark before it.
std::string beginning(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::string head(text.substr(0, 4096));
  for (char &c : head) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return head;
}

bool is_html(std::string_view head) {
  return head.starts_with("<!doctype html") || head.starts_with("<html") ||
         head.find("<html") != std::string_view::npos;
}

bool is_svg(std::string_view head) {
  if (head.starts_with("<svg")) return true;
  const bool is_xml =
      head.starts_with("<?xml") || head.starts_with("<!doctype svg") || head.starts_with("<!--");
  return is_xml && !is_html(head) && head.find("<svg") != std::string_view::npos;
}

bool is_avif(std::string_view text) {
  if (text.size() < 16 || text.substr(4, 4) != "ftyp") return false;
  const std::size_t size = std::min<std::size_t>(
      big_endian_32({reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}, 0),
      text.size());
  for (std::size_t at = 8; at + 4 <= size; at += 4) {
    const std::string_view brand = text.substr(at, 4);
    if (brand == "avif" || brand == "avis") return true;
  }
  return false;
}

// Whether the chunks lead to IEND.
bool whole_png(Bytes bytes) {
  std::uint64_t at = 8;
  while (at + 12 <= bytes.size()) {
    const std::uint32_t size = big_endian_32(bytes, at);
    const std::uint64_t next = at + 12 + size;
    if (next > bytes.size()) return false;
    if (as_text(bytes.subspan(at + 4, 4)) == "IEND") return true;
    at = next;
  }
  return false;
}

// Whether an end-of-image stands behind the first start of scan: one before it belongs to a
// thumbnail, and inside a scan the two bytes cannot stand.
bool whole_jpeg(Bytes bytes) {
  std::size_t at = 2;
  while (at + 4 <= bytes.size()) {
    if (bytes[at] != 0xFF) return false;
    const std::uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {  // fill
      ++at;
    } else if (marker == 0xDA) {
      return as_text(bytes).rfind("\xFF\xD9") != std::string_view::npos &&
             as_text(bytes).rfind("\xFF\xD9") > at;
    } else {
      const std::size_t size = std::size_t{bytes[at + 2]} << 8 | bytes[at + 3];
      at += 2 + std::max<std::size_t>(size, 2);
    }
  }
  return false;
}

bool whole_webp(Bytes bytes) {
  return bytes.size() >= 20 && std::uint64_t{little_endian_32(bytes, 4)} + 8 <= bytes.size();
}

bool is_whole(Bytes bytes, std::string_view media_type) {
  if (media_type == "image/png") return whole_png(bytes);
  if (media_type == "image/jpeg") return whole_jpeg(bytes);
  if (media_type == "image/webp") return whole_webp(bytes);
  return true;
}

std::string hexadecimal(Bytes bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += ' ';
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string quoted_start(std::string_view text) {
  const std::string words = readable(text.substr(0, 4096), 120);
  return words.empty() ? std::string() : ": \"" + words + "\"";
}

// What came instead of a picture.
std::string description(Bytes bytes) {
  if (bytes.empty()) return "nothing";
  const std::string_view text = as_text(bytes);
  const std::string head = beginning(text);
  if (is_html(head)) return "an HTML page" + quoted_start(text);
  if (head.starts_with('{') || head.starts_with('[')) return "JSON" + quoted_start(text);
  if (head.starts_with("<?xml")) return "XML" + quoted_start(text);
  const bool printable =
      std::all_of(text.begin(), text.begin() + std::min<std::size_t>(text.size(), 64),
                  [](unsigned char c) { return c >= 0x20 || std::isspace(c); });
  if (printable) return "text" + quoted_start(text);
  return std::to_string(bytes.size()) + " bytes that begin with " +
         hexadecimal(bytes.first(std::min<std::size_t>(bytes.size(), 8)));
}

Error no_picture(const std::string &message, bool bills) {
  Error error(Status::protocol, message);
  if (bills) error.billed();
  return error;
}

}  // namespace

std::string_view media_type_of(std::span<const std::uint8_t> bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (text.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") {
    return "image/webp";
  }
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return "image/gif";
  if (is_avif(text)) return "image/avif";
  if (is_svg(beginning(text.substr(0, 8192)))) return "image/svg+xml";
  return {};
}

Image picture_from(std::vector<std::uint8_t> bytes, bool bills) {
  const std::string_view media_type = media_type_of(bytes);
  if (media_type.empty()) {
    throw no_picture("instead of a picture came " + description(bytes), bills);
  }
  if (!is_whole(bytes, media_type)) {
    throw no_picture("the picture is cut: its " + std::string(media_type) + " file ends after " +
                         std::to_string(bytes.size()) + " bytes without its end",
                     bills);
  }
  return Image::encoded(std::move(bytes), std::string(media_type));
}

}  // namespace pictor::remote
