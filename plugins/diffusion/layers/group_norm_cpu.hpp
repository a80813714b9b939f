#pragma once

#include "layers/layers.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

// Group norms on a CPU in two passes over their input, where libtorch makes three to five, and in
// parts: a norm needs the sums over all of its input before it can give the first row of its
// output.
namespace pictor::diffusion {

// Whether these functions take `x`: on a CPU (x86: with AVX2), channels-last, of the norm's dtype.
bool is_for_group_norm_cpu(const GroupNorm &norm, const at::Tensor &x);

// The norm of x + shift, then SiLU if `activated`. x: [batch, channels, h, w]; shift: [1 or batch,
// channels] of the same dtype, or undefined.
at::Tensor group_norm_cpu(const GroupNorm &norm, const at::Tensor &x, const at::Tensor &shift,
                          bool activated);

// For each picture and channel, the sum of the values and of their squares over all pixels that
// were added. They do not depend on the number of threads.
struct ChannelSums {
  // x: [batch, channels, h, w], of the same batch and channels each time.
  void add(const at::Tensor &x);

  int64_t batch = 0, channels = 0, pixels = 0;
  std::vector<double> values{};  // [batch][2][channels]
};

// x * scale + offset, then SiLU if `activated`.
struct ChannelTransform {
  // x: [batch, channels, h, w]; out: another tensor of the same shape, dtype and
  // layout.
  void apply(const at::Tensor &x, at::Tensor &out) const;

  std::vector<float> scale, offset;  // [batch][channels]
  bool activated;
};

// The norm of x + shift as what is to be done with x, whose sums these are. shift: [1 or batch,
// channels] of the dtype of the norm, or undefined.
ChannelTransform group_norm_transform(const GroupNorm &norm, const ChannelSums &sums,
                                      const at::Tensor &shift, bool activated);

}  // namespace pictor::diffusion
