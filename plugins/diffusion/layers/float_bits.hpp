#pragma once

#include <bit>
#include <cstdint>

// float32 and bfloat16 as the integers that hold their bits, for loops that the compiler turns into
// vectors: functions that are marked so may use AVX2; see has_avx2().
#if defined(__x86_64__)
#define PICTOR_AVX2 __attribute__((target("avx2,fma")))
#else
#define PICTOR_AVX2
#endif

namespace pictor::diffusion {

inline float to_float(int32_t bits) {
  return std::bit_cast<float>(bits);
}
inline float to_float(int16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(static_cast<uint16_t>(bits)) << 16);
}

inline void store(float value, int32_t &bits) {
  bits = std::bit_cast<int32_t>(value);
}
// To the nearest, halves to even.
inline void store(float value, int16_t &bits) {
  const auto wide = std::bit_cast<uint32_t>(value);
  bits = static_cast<int16_t>((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);
}

}  // namespace pictor::diffusion
