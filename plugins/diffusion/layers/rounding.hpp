#pragma once

#include <ATen/ATen.h>

#include <cstdint>

// Tensors as bytes, for int8_product. They are on the CPU, in float32 or bfloat16.
namespace pictor::diffusion {

// x as bytes: about scale * (value - zero_point).
struct RoundedInput {
  at::Tensor values;  // uint8, of the shape and layout of x
  double scale;       // not finite where x is not, so that what is computed with it is not either
  int64_t zero_point;
};

// Of a tensor without gaps in memory: its least value or 0 is byte 0, its largest or 0 byte 255.
RoundedInput round_input(const at::Tensor &x);

// weight[o] as about scales[o] * values[o].
struct RoundedWeight {
  at::Tensor values;  // int8, of the shape and layout of the weight
  at::Tensor scales;  // float32 [out]
};

// weight: [out, ...], contiguous or channels-last. The largest of each output is 127 or -127.
RoundedWeight round_weight(const at::Tensor &weight);

}  // namespace pictor::diffusion
