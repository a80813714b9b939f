#include "layers/resnet.hpp"

namespace pictor::diffusion {

ResnetBlock2D::ResnetBlock2D(const WeightScope &scope, const Shape &shape)
    : norm1(scope / "norm1", shape.norm_groups, shape.in, shape.norm_eps),
      conv1(scope / "conv1", shape.in, shape.out, kConv3x3),
      norm2(scope / "norm2", shape.norm_groups, shape.out, shape.norm_eps),
      conv2(scope / "conv2", shape.out, shape.out, kConv3x3) {
  const WeightScope exact = scope.rounded(Rounding::none);
  if (shape.time_features != 0) {
    time_emb_proj.emplace(exact / "time_emb_proj", shape.time_features, shape.out);
  }
  if (shape.in != shape.out) {
    conv_shortcut.emplace(exact / "conv_shortcut", shape.in, shape.out, kConv1x1);
  }
}

at::Tensor ResnetBlock2D::operator()(const at::Tensor &x, const at::Tensor &time) const {
  at::Tensor h = conv1(norm1.activated(x));
  h = time_emb_proj ? norm2.activated(h, (*time_emb_proj)(time)) : norm2.activated(h);
  h = conv2(h);
  return h.add_(conv_shortcut ? (*conv_shortcut)(x) : x);
}

Downsample2D::Downsample2D(const WeightScope &scope, int64_t channels)
    : conv(scope / "conv", channels, channels, {3, 2, 1}) {}

at::Tensor Downsample2D::operator()(const at::Tensor &x) const {
  return conv(x);
}

Upsample2D::Upsample2D(const WeightScope &scope, int64_t channels)
    : conv(scope / "conv", channels, channels, kConv3x3) {}

at::Tensor Upsample2D::operator()(const at::Tensor &x, int64_t height, int64_t width) const {
  return conv(at::upsample_nearest2d(x, {height, width}));
}

}  // namespace pictor::diffusion
