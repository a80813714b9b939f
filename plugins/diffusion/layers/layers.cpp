#include "layers/layers.hpp"

#include "error.hpp"

#include <array>
#include <string>

namespace pictor::diffusion {

Linear::Linear(const WeightScope &scope, int64_t in, int64_t out, Bias with_bias)
    : weight(scope.take("weight", {out, in})) {
  if (with_bias == Bias::yes) bias = scope.take("bias", {out});
}

Linear Linear::from_pointwise_conv(const WeightScope &scope, int64_t in, int64_t out) {
  Linear linear;
  linear.weight = scope.take("weight", {out, in, 1, 1}).view({out, in});
  linear.bias = scope.take("bias", {out});
  return linear;
}

at::Tensor Linear::operator()(const at::Tensor &x) const {
  return at::linear(x, weight, bias);
}

Conv2d::Conv2d(const WeightScope &scope, int64_t in, int64_t out, Shape shape)
    : weight_(scope.take("weight", {out, in, shape.kernel, shape.kernel})
                  .contiguous(at::MemoryFormat::ChannelsLast)),
      bias_(scope.take("bias", {out})),
      shape_(shape) {}

at::Tensor Conv2d::operator()(const at::Tensor &x) const {
  return at::conv2d(x, weight_, bias_, shape_.stride, shape_.padding);
}

GroupNorm::GroupNorm(const WeightScope &scope, int64_t the_groups, int64_t channels, double the_eps)
    : weight(scope.take("weight", {channels})),
      bias(scope.take("bias", {channels})),
      groups(the_groups),
      eps(the_eps) {
  if (channels % groups != 0) {
    throw Error{ErrorKind::invalid_argument,
                "the configuration divides " + std::to_string(channels) +
                    " channels into norm_num_groups = " + std::to_string(groups) +
                    " groups, which leaves a rest",
                "model"};
  }
}

at::Tensor GroupNorm::operator()(const at::Tensor &x) const {
  return at::group_norm(x, groups, weight, bias, eps);
}

at::Tensor GroupNorm::activated(const at::Tensor &x) const {
  at::Tensor normed = (*this)(x);
  return at::silu_(normed);
}

LayerNorm::LayerNorm(const WeightScope &scope, int64_t size, double the_eps)
    : weight(scope.take("weight", {size})), bias(scope.take("bias", {size})), eps(the_eps) {}

at::Tensor LayerNorm::operator()(const at::Tensor &x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps);
}

RMSNorm::RMSNorm(const WeightScope &scope, int64_t size, double the_eps)
    : weight(scope.take("weight", {size})), eps(the_eps) {}

at::Tensor RMSNorm::operator()(const at::Tensor &x) const {
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.pow(2).mean(-1, /*keepdim=*/true) + eps);
  return weight * (wide * scale).to(weight.scalar_type());
}

}  // namespace pictor::diffusion
