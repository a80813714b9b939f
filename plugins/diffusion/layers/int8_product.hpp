#pragma once

#include "layers/onednn_operator.hpp"

#include <ATen/ATen.h>

#include <cstdint>

namespace pictor::diffusion {

// Products with weights of eight bits and a scale for each output, whose inputs are rounded as they
// come, with one scale for all of them: fast where the CPU multiplies bytes (VNNI, AMX). An
// approximation, of about a hundredth of the output. The kernels are oneDNN's, through libtorch.
// Weights and inputs are on a CPU, in float32 or bfloat16. Constructors throw Error(unsupported)
// where there are no such kernels; const members may be called from several threads.

// x W^T + b
class Int8Matrix {
 public:
  // weight: [out, in]; bias: [out], or undefined.
  Int8Matrix(const at::Tensor &weight, const at::Tensor &bias);

  // x: [..., in] -> [..., out], of the same dtype.
  at::Tensor operator()(const at::Tensor &x, Activation activation = Activation::none) const;

 private:
  at::Tensor weight_, scales_, zero_points_, bias_;
};

// A convolution with a square kernel.
class Int8Convolution {
 public:
  // weight: [out, in, kernel, kernel]; bias: [out].
  Int8Convolution(const at::Tensor &weight, const at::Tensor &bias, int64_t stride,
                  int64_t padding);

  // x: [batch, in, h, w], channels-last -> [batch, out, h', w'], of the same dtype and layout.
  at::Tensor operator()(const at::Tensor &x) const;

 private:
  at::Tensor weight_, scales_, zero_points_, bias_;
  int64_t stride_, padding_;
};

// Whether the library was built with the kernels, and the CPU is one for which they are right.
bool has_int8_kernels();

// Throws Error where not.
void require_int8_kernels();

}  // namespace pictor::diffusion
