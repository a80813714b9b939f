#include "layers/modulated_norm_kernel.hpp"

#include "layers/cuda_kernel.hpp"

#include <cstdint>
#include <string>

namespace pictor::diffusion {
namespace {

// A block takes a token; its values stay in registers between the two sums and the result.
constexpr const char *kModulatedNormSource = R"(
__device__ float sum_of_block(float value) {
  __shared__ float parts[THREADS / 32];
  for (int step = 16; step > 0; step /= 2) value += __shfl_xor_sync(0xffffffff, value, step);
  __syncthreads();  // the sum before has been read
  if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
  __syncthreads();
  value = 0;
  for (int i = 0; i < THREADS / 32; ++i) value += parts[i];
  return value;
}

extern "C" __global__ void normalize_and_modulate(const unsigned short *x,
                                                  const unsigned short *shift,
                                                  const unsigned short *scale,
                                                  long long modulation_stride, unsigned short *out,
                                                  int tokens, int width, float eps) {
  const long long row = (long long)blockIdx.x * width;
  const long long modulation = blockIdx.x / tokens * modulation_stride;
  float values[EIGHTS][8], sum = 0;
  for (int i = 0; i < EIGHTS; ++i) {
    const int at = (threadIdx.x + i * THREADS) * 8;
    if (at >= width) break;
    load(x + row + at, values[i]);
    for (int j = 0; j < 8; ++j) sum += values[i][j];
  }
  const float mean = sum_of_block(sum) / width;
  float squares = 0;
  for (int i = 0; i < EIGHTS; ++i) {
    if ((threadIdx.x + i * THREADS) * 8 >= width) break;
    for (int j = 0; j < 8; ++j) squares += (values[i][j] - mean) * (values[i][j] - mean);
  }
  const float inverse = rsqrtf(sum_of_block(squares) / width + eps);
  for (int i = 0; i < EIGHTS; ++i) {
    const int at = (threadIdx.x + i * THREADS) * 8;
    if (at >= width) break;
    float shifts[8], scales[8];
    load(shift + modulation + at, shifts);
    load(scale + modulation + at, scales);
    for (int j = 0; j < 8; ++j) {
      const float normed = rounded((values[i][j] - mean) * inverse);
      values[i][j] = shifts[j] + normed * rounded(1 + scales[j]);
    }
    store(out + row + at, values[i]);
  }
}
)";

constexpr int64_t kThreadsOfToken = 128, kEightsOfThread = 4;

const HalfKernel &normalize_and_modulate() {
  static const HalfKernel kernel{"normalize_and_modulate",
                                 "#define THREADS " + std::to_string(kThreadsOfToken) +
                                     "\n#define EIGHTS " + std::to_string(kEightsOfThread) + "\n" +
                                     kModulatedNormSource};
  return kernel;
}

}  // namespace

bool is_for_modulated_norm_kernel(const at::Tensor &x, const Modulation &modulation) {
  const at::Tensor &shift = modulation.shift, &scale = modulation.scale;
  return x.is_cuda() && x.is_contiguous() && x.size(2) <= kThreadsOfToken * kEightsOfThread * 8 &&
         shift.scalar_type() == x.scalar_type() && shift.size(0) == x.size(0) &&
         shift.stride(0) == scale.stride(0) && has_aligned_rows(x) && has_aligned_rows(shift) &&
         has_aligned_rows(scale) && normalize_and_modulate().is_for(x);
}

at::Tensor modulated_norm_kernel(const at::Tensor &x, const Modulation &modulation, double eps) {
  at::Tensor out = at::empty(x.sizes(), x.options());
  normalize_and_modulate().launch(x, x.size(0) * x.size(1), kThreadsOfToken, values_of(x),
                                  values_of(modulation.shift), values_of(modulation.scale),
                                  static_cast<long long>(modulation.shift.stride(0)),
                                  values_of(out), static_cast<int>(x.size(1)),
                                  static_cast<int>(x.size(2)), static_cast<float>(eps));
  return out;
}

}  // namespace pictor::diffusion
