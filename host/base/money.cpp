#include "base/money.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace pictor::host {
namespace {

constexpr double per_dollar = 1e6;
constexpr Micros dollar = 1'000'000;
constexpr Micros smallest_shown = 100;  // with four decimals
constexpr std::size_t least_decimals = 2;

}  // namespace

Micros micros_of(double dollars) {
  return std::llround(dollars * per_dollar);
}

double dollars_of(Micros micros) {
  return static_cast<double>(micros) / per_dollar;
}

std::string money_text(Micros micros) {
  const Micros size = std::abs(micros);
  const int decimals = size >= dollar ? 2 : size >= smallest_shown ? 4 : 6;
  std::string text = fmt::format("{:.{}f}", dollars_of(size), decimals);
  const std::size_t shortest = text.find('.') + 1 + least_decimals;
  while (text.size() > shortest && text.back() == '0') text.pop_back();
  return (micros < 0 ? "-$" : "$") + text;
}

}  // namespace pictor::host
