#pragma once

#include "layers/onednn_operator.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

namespace pictor::diffusion {

// Products on a CPU with weights in the order in which oneDNN's kernels read them. libtorch's own
// functions bring them into it at every call, which takes a tenth of a matrix product and, over few
// pixels, a third of a convolution. In bfloat16 the results are the same to the bit, in float32 but
// for rounding. Const members may be called from several threads.

// Whether libtorch has the operators, and they are an advantage for tensors of these options on
// this CPU. Without AVX-512 the order of a convolution's weights depends on the size of its input;
// how it is with AMX is not known.
bool has_packed_matrices(const at::TensorOptions &options);
bool has_packed_convolutions(const at::TensorOptions &options);

// x W^T + b
class PackedMatrix {
 public:
  // weight: [out, in]; bias: [out], or undefined.
  PackedMatrix(const at::Tensor &weight, at::Tensor bias);

  // x: [..., in] -> [..., out], of the same dtype.
  at::Tensor operator()(const at::Tensor &x, Activation activation = Activation::none) const;

 private:
  at::Tensor weight_, bias_;
};

// A convolution with a square kernel.
class PackedConvolution {
 public:
  // weight: [out, in, kernel, kernel], channels-last; bias: [out].
  PackedConvolution(const at::Tensor &weight, at::Tensor bias, int64_t stride, int64_t padding);

  // x: [batch, in, h, w], channels-last -> [batch, out, h', w'], of the same dtype and layout, with
  // so many rows of zeros above and below x.
  at::Tensor operator()(const at::Tensor &x, int64_t row_padding) const;

 private:
  at::Tensor weight_, bias_;
  int64_t stride_, padding_;
  std::optional<PackedMatrix> pointwise_;  // in place of a 1 x 1 kernel
};

}  // namespace pictor::diffusion
