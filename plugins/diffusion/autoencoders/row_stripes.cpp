#include "autoencoders/row_stripes.hpp"

#include "layers/group_norm_cpu.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr int64_t kRows = 2;  // the axis
constexpr int64_t kBytesOfStripe = 4 << 20;
constexpr int64_t kFewestBytes = 4 * kBytesOfStripe;  // of an output that is worth cutting

int64_t row_bytes(const at::Tensor &x) {
  return x.size(1) * x.size(3) * static_cast<int64_t>(x.element_size());
}

at::Tensor last_row(const at::Tensor &stripe) {
  return stripe.slice(kRows, stripe.size(kRows) - 1);
}

at::Tensor first_row(const at::Tensor &stripe) {
  return stripe.slice(kRows, 0, 1);
}

// A stripe with the rows that a 3 x 3 convolution reads of its neighbours, zeros at the edges of
// the picture. `write` puts what is to be convolved of its first argument into its second, a part
// of the result of `scale` times the height and width.
template <class Write>
at::Tensor with_neighbours(const RowStripes &x, size_t index, int64_t scale, const Write &write) {
  const at::Tensor &stripe = x[index];
  const int64_t rows = scale * stripe.size(kRows);
  at::Tensor padded = at::empty({1, stripe.size(1), rows + 2, scale * stripe.size(3)},
                                stripe.options().memory_format(at::MemoryFormat::ChannelsLast));
  at::Tensor above = padded.slice(kRows, 0, 1), below = padded.slice(kRows, rows + 1);
  at::Tensor inner = padded.slice(kRows, 1, rows + 1);
  write(stripe, inner);
  index > 0 ? write(last_row(x[index - 1]), above) : void(above.zero_());
  index + 1 < x.size() ? write(first_row(x[index + 1]), below) : void(below.zero_());
  return padded;
}

ChannelTransform transform_of(const GroupNorm &norm, const RowStripes &x) {
  ChannelSums sums;
  for (const at::Tensor &stripe : x) sums.add(stripe);
  return group_norm_transform(norm, sums, {}, /*activated=*/true);
}

// conv of the norm of a stripe, activated.
at::Tensor convolve(const Conv2d &conv, const ChannelTransform &norm, const RowStripes &x,
                    size_t index) {
  return conv.without_row_padding(with_neighbours(
      x, index, 1, [&](const at::Tensor &from, at::Tensor &to) { norm.apply(from, to); }));
}

// Lets go of the stripe that nothing reads once the one at `index` is done.
void release_before(RowStripes &x, size_t index) {
  if (index > 0) x[index - 1] = at::Tensor{};
}

}  // namespace

bool is_for_row_stripes(const ResnetBlock2D &next, const at::Tensor &x) {
  constexpr int64_t kUpsampled = 4;
  return x.size(0) == 1 && is_for_group_norm_cpu(next.norm1, x) &&
         kUpsampled * x.size(kRows) * row_bytes(x) >= kFewestBytes;
}

RowStripes cut(const RowStripes &x, int64_t rows) {
  RowStripes stripes;
  for (const at::Tensor &each : x) {
    for (at::Tensor &stripe : each.split(rows, kRows)) stripes.push_back(std::move(stripe));
  }
  return stripes;
}

RowStripes upsample(const Upsample2D &upsampler, RowStripes x) {
  constexpr int64_t kTwice = 2;
  const int64_t bytes_of_row = kTwice * kTwice * row_bytes(x.front());
  x = cut(x, std::max<int64_t>(1, kBytesOfStripe / bytes_of_row));
  RowStripes result;
  for (size_t i = 0; i < x.size(); ++i) {
    result.push_back(upsampler.conv.without_row_padding(
        with_neighbours(x, i, kTwice, [](const at::Tensor &from, at::Tensor &to) {
          const int64_t rows = kTwice * from.size(kRows), width = kTwice * from.size(3);
          to.copy_(at::upsample_nearest2d(from, {rows, width}).slice(kRows, 0, to.size(kRows)));
        })));
    release_before(x, i);
  }
  return result;
}

RowStripes apply(const ResnetBlock2D &resnet, RowStripes x) {
  const ChannelTransform norm1 = transform_of(resnet.norm1, x);
  RowStripes hidden, result;
  for (size_t i = 0; i < x.size(); ++i) {
    hidden.push_back(convolve(resnet.conv1, norm1, x, i));
    result.push_back(resnet.conv_shortcut ? (*resnet.conv_shortcut)(x[i]) : x[i]);
    release_before(x, i);
  }
  x.clear();
  const ChannelTransform norm2 = transform_of(resnet.norm2, hidden);
  for (size_t i = 0; i < hidden.size(); ++i) {
    result[i].add_(convolve(resnet.conv2, norm2, hidden, i));
    release_before(hidden, i);
  }
  return result;
}

at::Tensor finish(const GroupNorm &norm, const Conv2d &conv, const RowStripes &x) {
  const ChannelTransform transform = transform_of(norm, x);
  RowStripes result;
  for (size_t i = 0; i < x.size(); ++i) result.push_back(convolve(conv, transform, x, i));
  return at::cat(result, kRows);
}

}  // namespace pictor::diffusion
