#include "layers/rounding.hpp"

#include "layers/float_bits.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

namespace pictor::diffusion {
namespace {

constexpr int64_t kGrain = 1 << 15;
constexpr float kLargestByte = 255, kLargestInt8 = 127;

// A float's bits as an integer that orders as the float does, and back. Integers are compared by
// vectors where floats, which may be no numbers, are not.
template <class Key>
Key ordered(Key bits) {
  constexpr int sign = std::numeric_limits<Key>::digits;
  constexpr Key magnitude = std::numeric_limits<Key>::max();
  return static_cast<Key>(bits ^ ((bits >> sign) & magnitude));
}

template <class Key>
struct Range {
  Key least = 0, largest = 0;  // ordered; 0 is the float's 0

  void join(const Range &other) {
    least = std::min(least, other.least);
    largest = std::max(largest, other.largest);
  }
};

template <class Key>
PICTOR_AVX2 Range<Key> range_of(const Key *x, int64_t size) {
  Key least = 0, largest = 0;
  for (int64_t i = 0; i < size; ++i) {
    const Key value = ordered(x[i]);
    least = value < least ? value : least;
    largest = value > largest ? value : largest;
  }
  return {least, largest};
}

template <class Key>
PICTOR_AVX2 void round_each(const Key *x, int64_t size, float per_value, float zero_point,
                            uint8_t *bytes) {
  for (int64_t i = 0; i < size; ++i) {
    const float value = to_float(x[i]) * per_value + (zero_point + 0.5f);
    bytes[i] = static_cast<uint8_t>(std::clamp(static_cast<int>(value), 0, 255));
  }
}

template <class Key>
PICTOR_AVX2 float largest_magnitude(const Key *x, int64_t size) {
  Key largest = 0;
  for (int64_t i = 0; i < size; ++i) {
    const auto magnitude = static_cast<Key>(x[i] & std::numeric_limits<Key>::max());
    largest = magnitude > largest ? magnitude : largest;
  }
  return to_float(largest);
}

template <class Key>
PICTOR_AVX2 void round_weights(const Key *x, int64_t size, float per_value, int8_t *bytes) {
  for (int64_t i = 0; i < size; ++i) {
    const float value = to_float(x[i]) * per_value;
    bytes[i] = static_cast<int8_t>(value + (value < 0 ? -0.5f : 0.5f));
  }
}

template <class Key>
Range<Key> whole_range(const Key *x, int64_t size) {
  Range<Key> all;
  std::mutex mutex;
  at::parallel_for(0, size, kGrain, [&](int64_t begin, int64_t end) {
    const Range<Key> part = range_of(x + begin, end - begin);
    const std::lock_guard lock(mutex);
    all.join(part);
  });
  return all;
}

template <class Key>
RoundedWeight rounded_weight(const at::Tensor &weight) {
  const int64_t outputs = weight.size(0), size = weight.numel() / outputs;
  RoundedWeight result{at::empty_like(weight, weight.options().dtype(at::kChar)),
                       at::empty({outputs}, at::kFloat)};
  const auto *values = static_cast<const Key *>(weight.data_ptr());
  auto *bytes = result.values.data_ptr<int8_t>();
  auto *scales = result.scales.data_ptr<float>();
  at::parallel_for(0, outputs, 1 + kGrain / size, [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const float largest = largest_magnitude(values + o * size, size);
      scales[o] = std::max(largest / kLargestInt8, std::numeric_limits<float>::min());
      round_weights(values + o * size, size, 1 / scales[o], bytes + o * size);
    }
  });
  return result;
}

template <class Key>
RoundedInput rounded_input(const at::Tensor &x) {
  const auto *values = static_cast<const Key *>(x.data_ptr());
  const Range<Key> range = whole_range(values, x.numel());
  const float least = to_float(ordered(range.least)), largest = to_float(ordered(range.largest));
  RoundedInput result{at::empty_like(x, x.options().dtype(at::kByte)), 1, 0};
  const float scale = (largest - least) / kLargestByte;
  if (!std::isfinite(scale) || scale < std::numeric_limits<float>::min()) {
    result.values.zero_();
    result.scale = std::isfinite(scale) ? 1 : scale;
    return result;
  }
  const float zero_point = std::round(-least / scale);
  result.scale = scale;
  result.zero_point = static_cast<int64_t>(zero_point);
  auto *bytes = result.values.data_ptr<uint8_t>();
  at::parallel_for(0, x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    round_each(values + begin, end - begin, 1 / scale, zero_point, bytes + begin);
  });
  return result;
}

}  // namespace

RoundedInput round_input(const at::Tensor &x) {
  return x.scalar_type() == at::kBFloat16 ? rounded_input<int16_t>(x) : rounded_input<int32_t>(x);
}

RoundedWeight round_weight(const at::Tensor &weight) {
  return weight.scalar_type() == at::kBFloat16 ? rounded_weight<int16_t>(weight)
                                               : rounded_weight<int32_t>(weight);
}

}  // namespace pictor::diffusion
