#include "denoisers/rotated_norm.hpp"

#include "layers/cuda_kernel.hpp"

#include <string>

namespace pictor::diffusion {
namespace {

// A warp takes a head of a token, a lane one pair of features of 32 at a time. VALUE_IS_HALF and
// WIDTH, the features of a head, are defined before it.
constexpr const char *kSource = R"(
__device__ float to_float(unsigned short value) {
#if VALUE_IS_HALF
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value));
  return wide;
#else
  return __uint_as_float((unsigned)value << 16);
#endif
}

__device__ unsigned short to_value(float wide) {
  unsigned short value;
#if VALUE_IS_HALF
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(value) : "f"(wide));
#else
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(value) : "f"(wide));
#endif
  return value;
}

__device__ float rounded(float wide) { return to_float(to_value(wide)); }

// x: a batch of rows of `heads` heads, with strides; out: the same, dense. turns: a complex number
// for each pair of a token.
extern "C" __global__ void normalize_and_rotate(
    const unsigned short *x, long long batch_stride, long long token_stride, unsigned short *out,
    const unsigned short *weight, const float2 *turns, int tokens, int heads, int count, float eps) {
  constexpr int kPairs = WIDTH / 64;
  const int index = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32, lane = threadIdx.x % 32;
  if (index >= count) return;
  const int row = index / heads, token = row % tokens;
  const ushort2 *in = (const ushort2 *)(x + row / tokens * batch_stride + token * token_stride +
                                        index % heads * WIDTH);
  float2 pairs[kPairs];
  float sum = 0;
  for (int i = 0; i < kPairs; ++i) {
    const ushort2 pair = in[lane + 32 * i];
    pairs[i] = make_float2(to_float(pair.x), to_float(pair.y));
    sum += pairs[i].x * pairs[i].x + pairs[i].y * pairs[i].y;
  }
  for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
  const float scale = rsqrtf(sum / WIDTH + eps);
  ushort2 *to = (ushort2 *)(out + (long long)index * WIDTH);
  for (int i = 0; i < kPairs; ++i) {
    const ushort2 gain = ((const ushort2 *)weight)[lane + 32 * i];
    const float a = rounded(pairs[i].x * scale * to_float(gain.x));
    const float b = rounded(pairs[i].y * scale * to_float(gain.y));
    const float2 turn = turns[token * (WIDTH / 2) + lane + 32 * i];
    to[lane + 32 * i] =
        make_ushort2(to_value(a * turn.x - b * turn.y), to_value(a * turn.y + b * turn.x));
  }
}
)";

constexpr int64_t kWidth = 128;  // of FLUX's heads
constexpr unsigned kThreads = 256, kWarpSize = 32;

const CudaKernel &kernel_for(at::ScalarType dtype) {
  const auto source = [](const char *is_half) {
    return std::string{"#define VALUE_IS_HALF "} + is_half + "\n#define WIDTH " +
           std::to_string(kWidth) + "\n" + kSource;
  };
  static const CudaKernel of_half{"normalize_and_rotate", source("1")};
  static const CudaKernel of_bfloat16{"normalize_and_rotate", source("0")};
  return dtype == at::kHalf ? of_half : of_bfloat16;
}

// Pairs of features are read at once.
bool has_whole_pairs(const at::Tensor &x) {
  return x.stride(2) == 1 && x.stride(1) % 2 == 0 && x.stride(0) % 2 == 0 &&
         x.storage_offset() % 2 == 0;
}

bool is_for_kernel(const at::Tensor &x, int64_t heads, const RMSNorm &norm) {
  const at::ScalarType dtype = x.scalar_type();
  return x.is_cuda() && (dtype == at::kHalf || dtype == at::kBFloat16) &&
         norm.weight.scalar_type() == dtype && x.size(2) == heads * kWidth && has_whole_pairs(x) &&
         kernel_for(dtype).runs_on(x.device());
}

at::Tensor through_kernel(const at::Tensor &x, int64_t heads, const RMSNorm &norm,
                          const RotaryEmbedding &rotary) {
  at::Tensor out = at::empty(x.sizes(), x.options());
  const int64_t count = x.size(0) * x.size(1) * heads;
  constexpr unsigned kHeadsOfBlock = kThreads / kWarpSize;
  const auto bits = [](const at::Tensor &tensor) {
    return static_cast<const void *>(tensor.data_ptr());
  };
  kernel_for(x.scalar_type())
      .launch(x.device(), static_cast<unsigned>((count + kHeadsOfBlock - 1) / kHeadsOfBlock),
              kThreads, bits(x), x.stride(0), x.stride(1), out.data_ptr(), bits(norm.weight),
              bits(rotary.turns), static_cast<int>(x.size(1)), static_cast<int>(heads),
              static_cast<int>(count), static_cast<float>(norm.eps));
  return out;
}

}  // namespace

at::Tensor normalize_and_rotate(const at::Tensor &x, int64_t heads, const RMSNorm *norm,
                                const RotaryEmbedding *rotary) {
  if (norm && rotary && is_for_kernel(x, heads, *norm)) {
    return through_kernel(x, heads, *norm, *rotary);
  }
  at::Tensor result = x;
  if (norm) result = (*norm)(x.unflatten(2, {heads, x.size(2) / heads})).flatten(2);
  return rotary ? rotary->rotate(result, heads) : result;
}

}  // namespace pictor::diffusion
