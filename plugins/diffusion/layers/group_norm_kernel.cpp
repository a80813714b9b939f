#include "layers/group_norm_kernel.hpp"

#include "layers/cuda_kernel.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace pictor::diffusion {
namespace {

// In both kernels a thread keeps to eight channels, and goes through every kth pixel of its block's
// stretch of an image, k = `rows`. Sums are added up in one order, so that they round alike each
// time.
constexpr const char *kGroupNormSource = R"(
struct Place {
  __device__ Place(int pixels, int channels, int blocks_of_image, int rows)
      : vector(threadIdx.x % (channels / 8)),
        row(threadIdx.x / (channels / 8)),
        image(blockIdx.x / blocks_of_image),
        begin(0),
        end(0) {
    const int stretch = (pixels + blocks_of_image - 1) / blocks_of_image;
    begin = blockIdx.x % blocks_of_image * stretch;
    end = min(begin + stretch, pixels);
    offset = (long long)image * pixels * channels + vector * 8;
  }

  int vector, row, image, begin, end;
  long long offset;  // of the thread's channels at the image's first pixel
};

__device__ void load_shifted(const unsigned short *x, bool is_shifted, const float (&shift)[8],
                             float (&values)[8]) {
  load(x, values);
  if (!is_shifted) return;
  for (int i = 0; i < 8; ++i) values[i] = rounded(values[i] + shift[i]);
}

// The sums of the values of each group, and of their squares, over each block's pixels.
extern "C" __global__ void sum_groups(const unsigned short *x, const unsigned short *shift,
                                      long long shift_stride, float2 *sums, int pixels,
                                      int channels, int groups, int blocks_of_image, int rows) {
  __shared__ float2 of_channel[MOST_CHANNELS];
  const Place place(pixels, channels, blocks_of_image, rows);
  float shifts[8] = {};
  if (shift) load(shift + place.image * shift_stride + place.vector * 8, shifts);
  float2 sum[8] = {};
  for (int pixel = place.begin + place.row; pixel < place.end; pixel += rows) {
    float values[8];
    load_shifted(x + place.offset + (long long)pixel * channels, shift, shifts, values);
    for (int i = 0; i < 8; ++i) {
      sum[i].x += values[i];
      sum[i].y += values[i] * values[i];
    }
  }
  for (int turn = 0; turn < rows; ++turn) {
    if (place.row == turn) {
      for (int i = 0; i < 8; ++i) {
        float2 &total = of_channel[place.vector * 8 + i];
        total = turn == 0 ? sum[i] : make_float2(total.x + sum[i].x, total.y + sum[i].y);
      }
    }
    __syncthreads();
  }
  const int width = channels / groups;
  for (int group = threadIdx.x; group < groups; group += blockDim.x) {
    float2 total = make_float2(0, 0);
    for (int channel = group * width; channel < (group + 1) * width; ++channel) {
      total.x += of_channel[channel].x;
      total.y += of_channel[channel].y;
    }
    sums[(long long)blockIdx.x * groups + group] = total;
  }
}

// `sums`: of as many blocks an image as here.
extern "C" __global__ void normalize_groups(const unsigned short *x, const unsigned short *shift,
                                            long long shift_stride, const float2 *sums,
                                            const unsigned short *weight,
                                            const unsigned short *bias, unsigned short *out,
                                            int pixels, int channels, int groups,
                                            int blocks_of_image, int rows, float eps,
                                            int activated) {
  __shared__ float2 moments[MOST_GROUPS];  // mean and inverse deviation
  const Place place(pixels, channels, blocks_of_image, rows);
  const int width = channels / groups;
  for (int group = threadIdx.x; group < groups; group += blockDim.x) {
    float2 total = make_float2(0, 0);
    for (int block = 0; block < blocks_of_image; ++block) {
      const float2 part = sums[((long long)place.image * blocks_of_image + block) * groups + group];
      total.x += part.x;
      total.y += part.y;
    }
    const float count = (float)pixels * width, mean = total.x / count;
    moments[group] = make_float2(mean, rsqrtf(fmaxf(total.y / count - mean * mean, 0.f) + eps));
  }
  __syncthreads();
  float shifts[8] = {}, scale[8], offset[8];
  if (shift) load(shift + place.image * shift_stride + place.vector * 8, shifts);
  load(weight + place.vector * 8, scale);
  load(bias + place.vector * 8, offset);
  for (int i = 0; i < 8; ++i) {
    const float2 moment = moments[(place.vector * 8 + i) / width];
    scale[i] *= moment.y;
    offset[i] -= moment.x * scale[i];
  }
  for (int pixel = place.begin + place.row; pixel < place.end; pixel += rows) {
    const long long at = place.offset + (long long)pixel * channels;
    float values[8];
    load_shifted(x + at, shift, shifts, values);
    for (int i = 0; i < 8; ++i) {
      values[i] = rounded(values[i] * scale[i] + offset[i]);
      if (activated) values[i] /= 1 + expf(-values[i]);
    }
    store(out + at, values);
  }
}
)";

constexpr int64_t kMostChannels = 4096;  // of SDXL's UNet: 2560
constexpr int64_t kMostGroups = 64;
constexpr int64_t kThreadsOfBlock = 256;  // about so many in a block
constexpr int64_t kMostBlocksOfImage = 128;
constexpr int64_t kFewestPixelsOfThread = 4;

std::string group_norm_source() {
  return "#define MOST_CHANNELS " + std::to_string(kMostChannels) + "\n#define MOST_GROUPS " +
         std::to_string(kMostGroups) + "\n" + kGroupNormSource;
}

const HalfKernel &sum_groups() {
  static const HalfKernel kernel{"sum_groups", group_norm_source()};
  return kernel;
}

const HalfKernel &normalize_groups() {
  static const HalfKernel kernel{"normalize_groups", group_norm_source()};
  return kernel;
}

}  // namespace

bool is_for_group_norm_kernel(const GroupNorm &norm, const at::Tensor &x) {
  return x.is_cuda() && x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         norm.weight.scalar_type() == x.scalar_type() && has_aligned_rows(norm.weight) &&
         has_aligned_rows(norm.bias) && x.size(1) <= kMostChannels && x.size(1) % 8 == 0 &&
         x.storage_offset() % 8 == 0 && norm.groups <= kMostGroups && sum_groups().is_for(x) &&
         normalize_groups().is_for(x);
}

at::Tensor group_norm_kernel(const GroupNorm &norm, const at::Tensor &x, const at::Tensor &shift,
                             bool activated) {
  const int64_t batch = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  const int64_t rows = std::max<int64_t>(1, kThreadsOfBlock / (channels / 8));
  const int64_t threads = rows * (channels / 8);
  const int64_t blocks =
      std::clamp<int64_t>(pixels / (rows * kFewestPixelsOfThread), 1, kMostBlocksOfImage);
  const auto number = [](int64_t value) { return static_cast<int>(value); };
  const at::Tensor dense_shift = shift.defined() ? shift.contiguous() : shift;
  const long long stride = shift.defined() && shift.size(0) > 1 ? channels : 0;
  const at::Tensor sums =
      at::empty({batch, blocks, norm.groups, 2},
                x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous));
  at::Tensor out = at::empty_like(x, at::MemoryFormat::ChannelsLast);
  sum_groups().launch(x, batch * blocks, threads, values_of(x), values_of(dense_shift), stride,
                      values_of(sums), number(pixels), number(channels), number(norm.groups),
                      number(blocks), number(rows));
  normalize_groups().launch(x, batch * blocks, threads, values_of(x), values_of(dense_shift),
                            stride, values_of(sums), values_of(norm.weight), values_of(norm.bias),
                            values_of(out), number(pixels), number(channels), number(norm.groups),
                            number(blocks), number(rows), static_cast<float>(norm.eps),
                            static_cast<int>(activated));
  return out;
}

}  // namespace pictor::diffusion
