#include "denoisers/rotated_norm.hpp"

#include "layers/cuda_kernel.hpp"

#include <string>

namespace pictor::diffusion {
namespace {

// A warp takes a head of a token, a lane one pair of features of 32 at a time.
constexpr const char *kSource = R"(
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
constexpr int64_t kThreads = 256, kWarpSize = 32;

const HalfKernel &kernel() {
  static const HalfKernel kernel{"normalize_and_rotate",
                                 "#define WIDTH " + std::to_string(kWidth) + "\n" + kSource};
  return kernel;
}

bool is_for_kernel(const at::Tensor &x, int64_t heads, const RMSNorm &norm) {
  return x.is_cuda() && norm.weight.scalar_type() == x.scalar_type() &&
         x.size(2) == heads * kWidth && has_aligned_rows(x) && kernel().is_for(x);
}

at::Tensor through_kernel(const at::Tensor &x, int64_t heads, const RMSNorm &norm,
                          const RotaryEmbedding &rotary) {
  at::Tensor out = at::empty(x.sizes(), x.options());
  const int64_t count = x.size(0) * x.size(1) * heads;
  constexpr int64_t kHeadsOfBlock = kThreads / kWarpSize;
  kernel().launch(x, (count + kHeadsOfBlock - 1) / kHeadsOfBlock, kThreads, values_of(x),
                  static_cast<long long>(x.stride(0)), static_cast<long long>(x.stride(1)),
                  values_of(out), values_of(norm.weight), values_of(rotary.turns),
                  static_cast<int>(x.size(1)), static_cast<int>(heads), static_cast<int>(count),
                  static_cast<float>(norm.eps));
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
