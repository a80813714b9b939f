#pragma once

#include <ATen/ATen.h>
#include <ATen/native/quantized/PackedParams.h>

namespace pictor::diffusion {

// A matrix of int8 weights with a scale for each output, whose inputs are quantized as they come,
// with one scale for all of them: fast where the CPU multiplies bytes (VNNI, AMX). An
// approximation, of about a hundredth of the output. Const members may be called from several
// threads.
class Int8Matrix {
 public:
  // weight: [out, in]; bias: [out], or undefined. On a CPU. Throws Error(unsupported) where the
  // library has no such kernels.
  Int8Matrix(const at::Tensor &weight, const at::Tensor &bias);

  // x: [..., in] -> [..., out], of the same floating-point dtype.
  at::Tensor operator()(const at::Tensor &x) const;

 private:
  c10::intrusive_ptr<LinearPackedParamsBase> packed_;
};

// Whether the library was built with them, and the CPU is one for which they are right.
bool has_int8_kernels();

// Throws Error(unsupported) where not.
void require_int8_kernels();

}  // namespace pictor::diffusion
