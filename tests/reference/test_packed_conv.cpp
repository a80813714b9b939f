#include "layers/packed_conv.hpp"
#include "tensor_catch.hpp"

#include <cstdint>

using namespace pictor::diffusion;

namespace {

constexpr int64_t kIn = 16, kOut = 24;

at::Tensor channels_last(int64_t batch, int64_t height, int64_t width) {
  return at::randn({batch, kIn, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
}

// The largest difference between a packed convolution and a plain one, in double precision.
double deviation(const at::Tensor &x, int64_t kernel, int64_t stride, int64_t padding) {
  const at::Tensor weight = at::randn({kOut, kIn, kernel, kernel}), bias = at::randn({kOut});
  REQUIRE(PackedConv2d::serves(weight));
  const at::Tensor y = PackedConv2d{weight, bias, stride, padding}(x);
  CHECK(y.is_contiguous(at::MemoryFormat::ChannelsLast));
  const at::Tensor expected =
      at::conv2d(x.to(at::kDouble), weight.to(at::kDouble), bias.to(at::kDouble), stride, padding);
  return (y.to(at::kDouble) - expected).abs().max().item<double>();
}

}  // namespace

TEST_CASE("a packed convolution is the plain one, whatever the feature map's size") {
  if (!at::hasMKLDNN()) return;  // this libtorch has no such kernels
  for (const int64_t side : {4, 9, 64, 130}) {
    CHECK(deviation(channels_last(2, side, side + 3), 3, 1, 1) < 1e-4);
  }
  CHECK(deviation(channels_last(9, 8, 8), 3, 1, 1) < 1e-4);
  CHECK(deviation(channels_last(2, 16, 16), 3, 2, 1) < 1e-4);
  CHECK(deviation(channels_last(2, 17, 16), 3, 2, 0) < 1e-4);
  CHECK(deviation(channels_last(2, 16, 16), 1, 1, 0) < 1e-4);
}

TEST_CASE("what oneDNN has no kernels for on every CPU stays unpacked") {
  CHECK_FALSE(PackedConv2d::serves(at::randn({kOut, kIn, 3, 3}, at::kDouble)));
  CHECK_FALSE(PackedConv2d::serves(at::randn({kOut, kIn, 3, 3}).to(at::kBFloat16)));
}
