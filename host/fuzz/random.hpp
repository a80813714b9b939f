#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace pictor::host::fuzz {

// Everything that is drawn follows from one seed, on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  // From 0 to `count` - 1; `count` is not 0.
  std::uint64_t below(std::uint64_t count) { return engine_() % count; }
  bool chance(unsigned percent) { return below(100) < percent; }
  // In [0, 1].
  double fraction() { return static_cast<double>(engine_() >> 11) / 0x1p53; }

  // One of a container that is not empty.
  template <class Container>
  const auto &among(const Container &container) {
    return *(std::begin(container) + static_cast<std::ptrdiff_t>(below(std::size(container))));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace pictor::host::fuzz
