#include "layers/group_norm_cpu.hpp"

#include "layers/cpu_features.hpp"
#include "layers/float_bits.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr int64_t kPixelsOfSum = 64;     // that are summed in float32
constexpr int64_t kPixelsOfBlock = 512;  // of a sum of its own
constexpr int64_t kValuesOfTask = 1 << 14;

// Adds the values of each of `pixels` pixels to sums[channel], their squares to
// sums[channels + channel].
template <class Bits>
PICTOR_AVX2 void add_sums(const Bits *x, int64_t pixels, int64_t channels, float *part,
                          double *sums) {
  for (int64_t begin = 0; begin < pixels; begin += kPixelsOfSum) {
    std::fill_n(part, 2 * channels, 0.0F);
    float *squares = part + channels;
    for (int64_t pixel = begin; pixel < std::min(pixels, begin + kPixelsOfSum); ++pixel) {
      const Bits *values = x + pixel * channels;
      for (int64_t c = 0; c < channels; ++c) {
        const float value = to_float(values[c]);
        part[c] += value;
        squares[c] += value * value;
      }
    }
    for (int64_t i = 0; i < 2 * channels; ++i) sums[i] += static_cast<double>(part[i]);
  }
}

// 2^x for x of at most 126 in magnitude, to 2e-7 of it: Taylor's series around the nearest integer,
// whose power is put together from its bits.
PICTOR_AVX2 inline float exp2_near(float x) {
  constexpr float rounder = 12582912;  // 1.5 * 2^23: added to a float, it leaves no fraction
  const float shifted = x + rounder;
  const float t = (x - (shifted - rounder)) * 0.69314718F;
  const float series =
      1 + t * (1 + t * (1 / 2.0F +
                        t * (1 / 6.0F +
                             t * (1 / 24.0F + t * (1 / 120.0F + t * (1 / 720.0F + t / 5040.0F))))));
  const int32_t power = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(rounder) + 127;
  return series * std::bit_cast<float>(power << 23);
}

// Where |x| / ln 2 is beyond 126, e^-x is taken as 2^126 or its inverse. Bounded as an integer:
// comparisons of floats, which may be no numbers, are not made by vectors.
PICTOR_AVX2 inline float silu(float x) {
  constexpr float log2_e = 1.44269504F, most = 126;
  const auto bits = std::bit_cast<int32_t>(-log2_e * x);
  const int32_t magnitude = std::min(bits & 0x7fffffff, std::bit_cast<int32_t>(most));
  return x / (1 + exp2_near(std::bit_cast<float>(magnitude | (bits & ~0x7fffffff))));
}

template <class Bits, bool Activated>
PICTOR_AVX2 void transform_pixels(const Bits *x, int64_t pixels, int64_t channels,
                                  const float *scale, const float *offset, Bits *out) {
  for (int64_t pixel = 0; pixel < pixels; ++pixel, x += channels, out += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float value = to_float(x[c]) * scale[c] + offset[c];
      store(Activated ? silu(value) : value, out[c]);
    }
  }
}

// The sums of each block of pixels, [batch][blocks][2][channels], then those of the blocks.
template <class Bits>
void add_all(const at::Tensor &x, ChannelSums &sums) {
  const int64_t channels = sums.channels, pixels = x.size(2) * x.size(3), width = 2 * channels;
  const int64_t blocks = (pixels + kPixelsOfBlock - 1) / kPixelsOfBlock;
  std::vector<double> of_blocks(static_cast<size_t>(sums.batch * blocks * width));
  const auto *values = static_cast<const Bits *>(x.data_ptr());
  const int64_t grain = 1 + kValuesOfTask / (kPixelsOfBlock * channels);
  at::parallel_for(0, sums.batch * blocks, grain, [&](int64_t begin, int64_t end) {
    std::vector<float> part(static_cast<size_t>(width));
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = i % blocks * kPixelsOfBlock;
      add_sums(values + (i / blocks * pixels + first) * channels,
               std::min(kPixelsOfBlock, pixels - first), channels, part.data(),
               of_blocks.data() + i * width);
    }
  });
  for (int64_t i = 0; i < sums.batch * blocks; ++i) {
    double *totals = sums.values.data() + i / blocks * width;
    for (int64_t j = 0; j < width; ++j) totals[j] += of_blocks[static_cast<size_t>(i * width + j)];
  }
}

template <class Bits>
void transform_all(const at::Tensor &x, const ChannelTransform &transform, at::Tensor &out) {
  const int64_t batch = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  const auto *from = static_cast<const Bits *>(x.data_ptr());
  auto *to = static_cast<Bits *>(out.data_ptr());
  const float *scale = transform.scale.data(), *offset = transform.offset.data();
  const auto pixels_of =
      transform.activated ? transform_pixels<Bits, true> : transform_pixels<Bits, false>;
  const int64_t grain = 1 + kValuesOfTask / channels;
  at::parallel_for(0, batch * pixels, grain, [&](int64_t begin, int64_t end) {
    while (begin < end) {
      const int64_t picture = begin / pixels, stop = std::min(end, (picture + 1) * pixels);
      pixels_of(from + begin * channels, stop - begin, channels, scale + picture * channels,
                offset + picture * channels, to + begin * channels);
      begin = stop;
    }
  });
}

// The channels of a group in one picture, to each of whose values something is added.
struct Group {
  const double *sums, *squares;
  const float *added;
  int64_t width;
};

struct Moments {
  double mean, inverse_deviation;
};

Moments moments(const Group &group, double pixels, double eps) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < group.width; ++i) {
    const auto added = static_cast<double>(group.added[i]);
    sum += group.sums[i] + pixels * added;
    squares += group.squares[i] + added * (2 * group.sums[i] + pixels * added);
  }
  const double values = pixels * static_cast<double>(group.width), mean = sum / values;
  return {mean, 1 / std::sqrt(std::max(squares / values - mean * mean, 0.0) + eps)};
}

}  // namespace

bool is_for_group_norm_cpu(const GroupNorm &norm, const at::Tensor &x) {
  const at::ScalarType dtype = x.scalar_type();
  return has_avx2() && x.is_cpu() && x.dim() == 4 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         (dtype == at::kFloat || dtype == at::kBFloat16) && norm.weight.scalar_type() == dtype;
}

void ChannelSums::add(const at::Tensor &x) {
  batch = x.size(0);
  channels = x.size(1);
  pixels += x.size(2) * x.size(3);
  values.resize(static_cast<size_t>(batch * 2 * channels));
  x.scalar_type() == at::kFloat ? add_all<int32_t>(x, *this) : add_all<int16_t>(x, *this);
}

void ChannelTransform::apply(const at::Tensor &x, at::Tensor &out) const {
  x.scalar_type() == at::kFloat ? transform_all<int32_t>(x, *this, out)
                                : transform_all<int16_t>(x, *this, out);
}

ChannelTransform group_norm_transform(const GroupNorm &norm, const ChannelSums &sums,
                                      const at::Tensor &shift, bool activated) {
  const int64_t batch = sums.batch, channels = sums.channels, width = channels / norm.groups;
  const at::Tensor weights = norm.weight.to(at::kFloat), biases = norm.bias.to(at::kFloat);
  const at::Tensor shifts =
      (shift.defined() ? shift.to(at::kFloat) : at::zeros({1, channels}, at::kFloat))
          .expand({batch, channels})
          .contiguous();
  const auto *weight = weights.data_ptr<float>(), *bias = biases.data_ptr<float>();
  const auto *added = shifts.data_ptr<float>();
  const auto size = static_cast<size_t>(batch * channels);
  ChannelTransform transform{std::vector<float>(size), std::vector<float>(size), activated};
  for (int64_t first = 0; first < batch * channels; first += width) {
    const int64_t picture = first / channels, channel = first % channels;
    const double *of_values = sums.values.data() + picture * 2 * channels + channel;
    const auto [mean, inverse] = moments({of_values, of_values + channels, added + first, width},
                                         static_cast<double>(sums.pixels), norm.eps);
    for (int64_t i = 0; i < width; ++i) {
      const double scale = inverse * static_cast<double>(weight[channel + i]);
      const double off = static_cast<double>(added[first + i]) - mean;
      transform.scale[static_cast<size_t>(first + i)] = static_cast<float>(scale);
      transform.offset[static_cast<size_t>(first + i)] =
          static_cast<float>(static_cast<double>(bias[channel + i]) + off * scale);
    }
  }
  return transform;
}

at::Tensor group_norm_cpu(const GroupNorm &norm, const at::Tensor &x, const at::Tensor &shift,
                          bool activated) {
  ChannelSums sums;
  sums.add(x);
  at::Tensor out = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  group_norm_transform(norm, sums, shift, activated).apply(x, out);
  return out;
}

}  // namespace pictor::diffusion
