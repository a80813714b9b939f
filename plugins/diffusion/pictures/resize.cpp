#include "pictures/resize.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kLanczosSupport = 3;
constexpr int kWeightBits = 22;  // of the fraction of a fixed-point weight

double sinc(double x) {
  return x == 0 ? 1 : std::sin(kPi * x) / (kPi * x);
}

double lanczos(double x) {
  return x >= -kLanczosSupport && x < kLanczosSupport ? sinc(x) * sinc(x / kLanczosSupport) : 0;
}

// What one pixel of the result is made of: consecutive pixels from `first` on, with weights whose
// sum is 1.
struct Window {
  int64_t first;
  std::vector<int32_t> weights;
};

Window window_at(int64_t index, int64_t from, int64_t to) {
  const double step = static_cast<double>(from) / static_cast<double>(to);
  const double widening = std::max(step, 1.0);  // a smaller result averages over more pixels
  const double support = kLanczosSupport * widening;
  const double center = (static_cast<double>(index) + 0.5) * step;
  const auto first = std::max<int64_t>(0, static_cast<int64_t>(center - support + 0.5));
  const auto last = std::min<int64_t>(from, static_cast<int64_t>(center + support + 0.5));
  std::vector<double> exact;
  double sum = 0;
  for (int64_t x = first; x < last; ++x) {
    exact.push_back(lanczos((static_cast<double>(x) - center + 0.5) * (1.0 / widening)));
    sum += exact.back();
  }
  Window window{first, {}};
  for (const double weight : exact) {
    const double scaled = (sum == 0 ? weight : weight / sum) * (1 << kWeightBits);
    window.weights.push_back(static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
  }
  return window;
}

// Resamples the middle axis: uint8 [outer, from, inner] -> [outer, to, inner].
at::Tensor resample(const at::Tensor &x, int64_t to) {
  const int64_t outer = x.size(0), from = x.size(1), inner = x.size(2);
  at::Tensor result = at::empty({outer, to, inner}, at::kByte);
  const uint8_t *source = x.data_ptr<uint8_t>();
  uint8_t *target = result.data_ptr<uint8_t>();
  std::vector<int32_t> sums(static_cast<size_t>(inner));
  for (int64_t index = 0; index < to; ++index) {
    const Window window = window_at(index, from, to);
    for (int64_t row = 0; row < outer; ++row) {
      std::fill(sums.begin(), sums.end(), 1 << (kWeightBits - 1));
      const uint8_t *pixel = source + (row * from + window.first) * inner;
      for (const int32_t weight : window.weights) {
        for (int32_t &sum : sums) sum += weight * *pixel++;
      }
      uint8_t *out = target + (row * to + index) * inner;
      for (const int32_t sum : sums) {
        *out++ = static_cast<uint8_t>(std::clamp(sum >> kWeightBits, 0, 255));
      }
    }
  }
  return result;
}

// uint8 [h, w, channels] -> [h, width, channels]
at::Tensor resample_width(const at::Tensor &x, int64_t width) {
  return x.size(1) == width ? x : resample(x, width);
}

// uint8 [h, w, channels] -> [height, w, channels]
at::Tensor resample_height(const at::Tensor &x, int64_t height) {
  const int64_t width = x.size(1), channels = x.size(2);
  if (x.size(0) == height) return x;
  return resample(x.view({1, x.size(0), width * channels}), height).view({height, width, channels});
}

// Pillow 13 begins with the height where that shrinks by much more pixels than the width does;
// the pixels between are rounded, so that the order shows.
bool height_comes_first(const at::Tensor &picture, int64_t height, int64_t width) {
  const int64_t fewer_rows = picture.size(0) - height, fewer_columns = picture.size(1) - width;
  return fewer_rows > 0 && fewer_rows > 2 * fewer_columns;
}

}  // namespace

at::Tensor resize_lanczos(const at::Tensor &picture, int64_t height, int64_t width) {
  const at::Tensor x = picture.contiguous();
  return height_comes_first(x, height, width) ? resample_width(resample_height(x, height), width)
                                              : resample_height(resample_width(x, width), height);
}

at::Tensor to_gray(const at::Tensor &picture) {
  const at::Tensor weights = at::tensor({19595, 38470, 7471}, at::kInt);  // of 2^16
  const at::Tensor luma = (picture.to(at::kInt) * weights).sum(2, /*keepdim=*/true, at::kInt);
  return at::bitwise_right_shift(luma + 0x8000, 16).to(at::kByte);
}

}  // namespace pictor::diffusion
