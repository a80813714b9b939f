#pragma once

#include "base/money.hpp"

#include <cstdint>
#include <optional>

namespace pictor::host {

// Money that may be spent, is promised to what is in flight, and is gone. What is reserved counts
// as spent until it is settled, so that requests in flight together can never overshoot. Without a
// limit everything fits. One thread uses it.
class Budget {
 public:
  enum class Answer {
    reserved,
    wait,  // it may fit once something in flight is settled
    never,
  };

  // `spent`: before.
  Budget(std::optional<Micros> limit, Micros spent) : limit_(limit), spent_(spent) {}

  // At the highest price that it may come to.
  Answer reserve(Micros price);
  // How many of that price each fit now.
  std::uint64_t fitting(Micros price, std::uint64_t wanted) const;
  // What was reserved came to `actual`, which may be more.
  void settle(Micros reserved, Micros actual);

  const std::optional<Micros> &limit() const { return limit_; }
  Micros spent() const { return spent_; }
  Micros reserved() const { return reserved_; }

 private:
  std::optional<Micros> limit_;
  Micros spent_;
  Micros reserved_ = 0;
};

}  // namespace pictor::host
