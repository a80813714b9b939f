#include "support/marked_yaml.hpp"

#include <algorithm>

namespace pictor::test {

MarkedYaml::MarkedYaml(std::string_view marked) {
  const std::size_t start = marked.find("[[");
  if (start == std::string_view::npos) {
    text = marked;
    return;
  }
  const std::size_t end = marked.find("]]", start);
  const std::string_view before = marked.substr(0, start);
  const std::string_view inside = marked.substr(start + 2, end - start - 2);
  text = std::string(before) + std::string(inside) + std::string(marked.substr(end + 2));
  line_ = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  column_ = static_cast<int>(before.size() - (before.rfind('\n') + 1)) + 1;
  length_ = static_cast<int>(inside.size());
}

std::string MarkedYaml::message_at_mark(const std::string &error) const {
  if (line_ == 0) return error;
  std::string place = ":";
  place += std::to_string(line_) + ":" + std::to_string(column_) + ": ";
  const std::size_t found = error.find(place);
  const std::size_t line_end = error.find('\n');
  std::string underline = "\n  ";
  underline.append(static_cast<std::size_t>(column_ - 1), ' ');
  underline += '^';
  underline.append(static_cast<std::size_t>(length_ - 1), '~');
  if (found == std::string::npos || found > line_end || !error.ends_with(underline)) return error;
  const std::size_t message = found + place.size();
  return error.substr(message, line_end - message);
}

}  // namespace pictor::test
