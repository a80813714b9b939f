#include "remote/http.hpp"

#include "remote/url.hpp"

#include <algorithm>

namespace pictor::remote {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

}  // namespace

void Headers::set(std::string name, std::string value) {
  erase(name);
  add(std::move(name), std::move(value));
}

void Headers::erase(std::string_view name) {
  std::erase_if(lines_, [&](const auto &line) { return same_name(line.first, name); });
}

void Headers::add(std::string name, std::string value) {
  lines_.emplace_back(std::move(name), std::move(value));
}

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const auto &[key, value] : lines_) {
    if (same_name(key, name)) return trimmed(value);
  }
  return std::nullopt;
}

std::string origin_of(std::string_view url) {
  const std::optional<Url> parsed = Url::parse(url);
  return parsed ? parsed->origin() : std::string();
}

}  // namespace pictor::remote
