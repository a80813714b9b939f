#include "config/name_template.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

namespace pictor::host {
namespace {

constexpr std::string_view unsafe = "\\:*?\"<>|";

std::string mistake_in_braces(std::string_view text) {
  bool open = false;
  std::size_t begun = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') {
      if (open) return "a '{' stands inside braces";
      open = true;
      begun = at;
    } else if (text[at] == '}') {
      if (!open) return "a '}' closes nothing";
      if (at == begun + 1) return "'{}' names no field";
      open = false;
    }
  }
  return open ? "a '{' is not closed" : "";
}

std::string mistake_in_text(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || unsafe.find(c) != unsafe.npos) {
      return fmt::format("'{}' is not safe in file names", terminal_safe(std::string(1, c)));
    }
  }
  return "";
}

// Parts between slashes, fields counting as a letter.
std::string mistake_in_path(const std::string &path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end == begin) return "a part of the name between slashes is empty";
    if (path[begin] == '.') return "no part of the name may begin with '.'";
    begin = end + 1;
  }
  return "";
}

}  // namespace

std::vector<NamePiece> name_pieces(std::string_view text) {
  std::vector<NamePiece> pieces;
  while (!text.empty()) {
    const bool is_field = text.front() == '{';
    if (is_field) text.remove_prefix(1);
    const std::size_t end = std::min(text.find(is_field ? '}' : '{'), text.size());
    pieces.push_back({std::string(text.substr(0, end)), is_field});
    text.remove_prefix(std::min(end + (is_field ? 1 : 0), text.size()));
  }
  return pieces;
}

std::string mistake_in_name_template(std::string_view text) {
  if (text.empty()) return "the name is empty";
  if (first_invalid_utf8(text) != std::string_view::npos) return "the name is not UTF-8";
  if (std::string mistake = mistake_in_braces(text); !mistake.empty()) return mistake;
  std::string path;
  for (const NamePiece &piece : name_pieces(text)) {
    if (piece.is_field) {
      path += 'f';
      continue;
    }
    if (std::string mistake = mistake_in_text(piece.text); !mistake.empty()) return mistake;
    path += piece.text;
  }
  return mistake_in_path(path);
}

}  // namespace pictor::host
