#include "config/byte_size.hpp"

#include <cctype>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

namespace pictor::host {
namespace {

std::optional<double> unit_size(std::string_view written) {
  constexpr std::pair<std::string_view, double> units[] = {{"", 1},
                                                           {"b", 1},
                                                           {"kb", 1e3},
                                                           {"mb", 1e6},
                                                           {"gb", 1e9},
                                                           {"tb", 1e12},
                                                           {"kib", 1024},
                                                           {"mib", 1024 * 1024},
                                                           {"gib", 1073741824.0},
                                                           {"tib", 1099511627776.0}};
  std::string unit;
  for (const char c : written)
    unit += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const auto &[name, size] : units) {
    if (unit == name) return size;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> read_byte_size(std::string_view text) {
  constexpr double most = 9e18;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  const std::optional<double> unit = unit_size(text);
  if (!unit) return std::nullopt;
  const double bytes = std::round(number * *unit);
  if (!(bytes >= 1 && bytes <= most)) return std::nullopt;
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace pictor::host
