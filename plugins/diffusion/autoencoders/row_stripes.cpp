#include "autoencoders/row_stripes.hpp"

#include "layers/group_norm_cpu.hpp"
#include "layers/heap.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr int64_t kRows = 2;  // the axis
constexpr int64_t kBytesOfStripe = 2 << 20;
constexpr int64_t kFewestBytes = 8 * kBytesOfStripe;  // of an output that is worth cutting

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

// A feature map of `channels` that is to be written, cut where x is, of `scale` times its height
// and width.
RowStripes empty_stripes(const RowStripes &x, int64_t channels, int64_t scale) {
  std::vector<int64_t> rows;
  int64_t height = 0;
  for (const at::Tensor &stripe : x) height += rows.emplace_back(scale * stripe.size(kRows));
  const at::Tensor whole =
      at::empty({1, channels, height, scale * x.front().size(3)},
                x.front().options().memory_format(at::MemoryFormat::ChannelsLast));
  return whole.split_with_sizes(rows, kRows);
}

// Lets go of the stripe that nothing reads once the one at `index` is done.
void release_before(RowStripes &x, size_t index) {
  if (index > 0) release_pages(std::exchange(x[index - 1], {}));
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
  const auto write = [](const at::Tensor &from, at::Tensor &to) {
    at::upsample_nearest2d_out(to, from, {to.size(kRows), to.size(3)});
  };
  RowStripes result = empty_stripes(x, x.front().size(1), kTwice);
  for (size_t i = 0; i < x.size(); ++i) {
    const at::Tensor padded = with_neighbours(x, i, kTwice, write);
    result[i].copy_(upsampler.conv.without_row_padding(padded));
    release_before(x, i);
  }
  return result;
}

RowStripes apply(const ResnetBlock2D &resnet, RowStripes x) {
  const ChannelTransform norm1 = transform_of(resnet.norm1, x);
  const int64_t channels = resnet.norm2.weight.size(0);
  RowStripes hidden = empty_stripes(x, channels, 1), result = x;
  if (resnet.conv_shortcut) result = empty_stripes(x, channels, 1);
  for (size_t i = 0; i < x.size(); ++i) {
    hidden[i].copy_(convolve(resnet.conv1, norm1, x, i));
    if (!resnet.conv_shortcut) continue;
    result[i].copy_((*resnet.conv_shortcut)(x[i]));
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
