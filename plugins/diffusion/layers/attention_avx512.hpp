#pragma once

#include "layers/attention.hpp"

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Whether attend_avx512 computes it: in bfloat16, on a CPU that multiplies such pairs
// (AVX512_BF16), for heads of an even number of features up to 160, neither causal nor with a bias,
// and a scale above 0: scores of keys that are not there are the least.
bool is_for_avx512_attention(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                             const AttentionOptions &options);

// attend() in blocks of queries and keys whose scores stay in the cache, with a running softmax
// (FlashAttention, arXiv:2205.14135). Scores and sums in float32, weights rounded to bfloat16, as
// in libtorch's kernel, which takes twice the time for the narrow heads of Stable Diffusion.
at::Tensor attend_avx512(const at::Tensor &q, const at::Tensor &k, const at::Tensor &v,
                         const AttentionOptions &options);

}  // namespace pictor::diffusion
