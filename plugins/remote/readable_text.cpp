#include "remote/answers.hpp"

#include <algorithm>
#include <cctype>

namespace pictor::remote {
namespace {

bool starts_tag(std::string_view text) {
  return text.size() > 1 && text[0] == '<' &&
         (std::isalpha(static_cast<unsigned char>(text[1])) || text[1] == '/' || text[1] == '!' ||
          text[1] == '?');
}

bool names(std::string_view tag, std::string_view name) {
  if (tag.size() <= name.size() + 1) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(tag[i + 1])) != name[i]) return false;
  }
  return !std::isalnum(static_cast<unsigned char>(tag[name.size() + 1]));
}

// The end of the tag that `text` begins with, and of what is not to be read inside it.
std::size_t end_of_tag(std::string_view text) {
  std::string_view closing = ">";
  if (text.starts_with("<!--")) closing = "-->";
  if (names(text, "script")) closing = "</script>";
  if (names(text, "style")) closing = "</style>";
  const std::size_t end = text.find(closing);
  return end == std::string_view::npos ? text.size() : end + closing.size();
}

// The bytes of the UTF-8 character that `text` begins with; 0 when it is none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool outside = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : size;
}

}  // namespace

std::string readable(std::string_view body, std::size_t limit) {
  constexpr std::string_view ellipsis = "...";
  std::string text;
  bool gap = false;
  while (!body.empty() && text.size() <= limit) {
    const unsigned char c = static_cast<unsigned char>(body.front());
    if (starts_tag(body)) {
      body.remove_prefix(end_of_tag(body));
      gap = true;
      continue;
    }
    if (c <= 0x20 || c == 0x7F) {
      body.remove_prefix(1);
      gap = true;
      continue;
    }
    if (std::exchange(gap, false) && !text.empty()) text += ' ';
    const std::size_t size = character(body);
    text.append(size == 0 ? "?" : body.substr(0, size));
    body.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (text.size() <= limit) return text;
  std::size_t end = limit > ellipsis.size() ? limit - ellipsis.size() : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return limit > ellipsis.size() ? text.append(ellipsis) : text;
}

}  // namespace pictor::remote
