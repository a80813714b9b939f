#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>

#include <cstdint>

namespace pictor::diffusion {

// A convolution whose weights are kept in the order in which oneDNN's kernels for CPUs read them.
// Given any other order, libtorch brings them into that one at every call, which over small feature
// maps takes longer than the convolution.
class PackedConv2d {
 public:
  // Whether there are such kernels for `weight`, [out, in, kernel, kernel].
  static bool serves(const at::Tensor &weight);

  // Copies `weight`, which serves() must accept.
  PackedConv2d(const at::Tensor &weight, const at::Tensor &bias, int64_t stride, int64_t padding);

  // x: [batch, in, h, w], of the dtype of the weight -> [batch, out, h', w'], channels-last if x is
  at::Tensor operator()(const at::Tensor &x) const;

 private:
  c10::IValue context_;  // the weights, the bias and the shape: libtorch's mkldnn.ConvOpContext
};

}  // namespace pictor::diffusion
