#include "plan/budget.hpp"

#include <algorithm>

namespace pictor::host {

Budget::Answer Budget::reserve(Micros price) {
  // What costs nothing always fits, also when the limit was lowered below what is spent.
  if (limit_ && price > 0) {
    if (spent_ + price > *limit_) return Answer::never;
    if (spent_ + reserved_ + price > *limit_) return Answer::wait;
  }
  reserved_ += price;
  return Answer::reserved;
}

std::uint64_t Budget::fitting(Micros price, std::uint64_t wanted) const {
  if (!limit_ || price <= 0) return wanted;
  const Micros left = std::max<Micros>(*limit_ - spent_ - reserved_, 0);
  return std::min(wanted, static_cast<std::uint64_t>(left / price));
}

void Budget::settle(Micros reserved, Micros actual) {
  reserved_ -= reserved;
  spent_ += actual;
}

}  // namespace pictor::host
