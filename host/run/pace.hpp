#pragma once

#include "ledger/ledger.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace pictor::host {

// When a picture was drawn, in nanoseconds of one clock.
struct DrawingTime {
  std::int64_t begun = 0, ended = 0;
};

// How fast a model drew.
struct Pace {
  std::uint64_t pictures = 0;
  double seconds = 0;  // in which at least one of them was being drawn

  double seconds_per_picture() const { return seconds / static_cast<double>(pictures); }
};

// Pictures that were drawn side by side share their time, and pauses between runs do not count.
Pace pace_of(std::span<DrawingTime> drawn);

// By the user's name for the model, of those that drew something. Reads all ends.
std::map<std::string, Pace> recorded_paces(const Ledger &ledger);

}  // namespace pictor::host
