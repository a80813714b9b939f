#include "layers/layers.hpp"

#include "error.hpp"
#include "layers/group_norm_kernel.hpp"
#include "layers/int8_product.hpp"
#include "layers/libtorch_version.hpp"

#include <string>
#include <utility>

namespace pictor::diffusion {

at::Tensor moved(const at::Tensor &tensor, const at::TensorOptions &options) {
  return tensor.to(options.device()).to(c10::typeMetaToScalarType(options.dtype()));
}

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

Linear Linear::joined(const std::vector<Linear> &layers) {
  std::vector<at::Tensor> weights, biases;
  for (const Linear &layer : layers) {
    weights.push_back(layer.weight);
    if (layer.bias.defined()) biases.push_back(layer.bias);
  }
  Linear joined;
  joined.weight = at::cat(weights);
  if (!biases.empty()) joined.bias = at::cat(biases);
  return joined;
}

std::vector<Linear> Linear::split(int64_t parts) const {
  const std::vector<at::Tensor> weights = weight.chunk(parts);
  const std::vector<at::Tensor> biases =
      bias.defined() ? bias.chunk(parts) : std::vector<at::Tensor>(weights.size());
  std::vector<Linear> layers;
  for (size_t i = 0; i < weights.size(); ++i) {
    Linear layer;
    layer.weight = weights[i];
    layer.bias = biases[i];
    layers.push_back(std::move(layer));
  }
  return layers;
}

void Linear::to_int8() {
  int8_ = std::make_shared<Int8Matrix>(weight, bias);
  weight = at::Tensor{};
  bias = at::Tensor{};
}

void Linear::to(const at::TensorOptions &options) {
  weight = moved(weight, options);
  if (bias.defined()) bias = moved(bias, options);
}

at::Tensor Linear::operator()(const at::Tensor &x) const {
  if (int8_) return (*int8_)(x);
  return at::linear(x, weight, bias);
}

at::Tensor Linear::gelu(const at::Tensor &x) const {
#if PICTOR_FUSED_KERNELS
  if (x.is_cuda() && bias.defined()) {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes.back() = weight.size(0);
    return at::_addmm_activation(bias, x.flatten(0, -2), weight.t(), 1, 1, /*use_gelu=*/true)
        .view(sizes);
  }
#endif
  return at::gelu((*this)(x), "tanh");
}

Conv2d::Conv2d(const WeightScope &scope, int64_t in, int64_t out, Shape shape)
    : weight_(scope.take("weight", {out, in, shape.kernel, shape.kernel},
                         at::MemoryFormat::ChannelsLast)),
      bias_(scope.take("bias", {out})),
      shape_(shape) {}

void Conv2d::to_int8() {
  int8_ = std::make_shared<Int8Convolution>(weight_, bias_, shape_.stride, shape_.padding);
  weight_ = at::Tensor{};
}

at::Tensor Conv2d::operator()(const at::Tensor &x) const {
  if (int8_) return (*int8_)(x);
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
  if (is_for_group_norm_kernel(*this, x)) return group_norm_kernel(*this, x, {}, false);
  return at::group_norm(x, groups, weight, bias, eps);
}

at::Tensor GroupNorm::activated(const at::Tensor &x) const {
  if (is_for_group_norm_kernel(*this, x)) return group_norm_kernel(*this, x, {}, true);
  at::Tensor normed = (*this)(x);
  return at::silu_(normed);
}

at::Tensor GroupNorm::activated(at::Tensor x, const at::Tensor &shift) const {
  if (is_for_group_norm_kernel(*this, x)) return group_norm_kernel(*this, x, shift, true);
  return activated(x.add_(shift.unsqueeze(-1).unsqueeze(-1)));
}

LayerNorm::LayerNorm(const WeightScope &scope, int64_t size, double the_eps)
    : weight(scope.take("weight", {size})), bias(scope.take("bias", {size})), eps(the_eps) {}

void LayerNorm::to(const at::TensorOptions &options) {
  weight = moved(weight, options);
  bias = moved(bias, options);
}

at::Tensor LayerNorm::operator()(const at::Tensor &x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps);
}

RMSNorm::RMSNorm(const WeightScope &scope, int64_t size, double the_eps)
    : weight(scope.take("weight", {size})), eps(the_eps) {}

at::Tensor RMSNorm::operator()(const at::Tensor &x) const {
#if PICTOR_FUSED_KERNELS
  if (x.scalar_type() == weight.scalar_type()) return at::rms_norm(x, weight.sizes(), weight, eps);
#endif
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(wide.pow(2).mean(-1, /*keepdim=*/true) + eps);
  return weight * (wide * scale).to(weight.scalar_type());
}

}  // namespace pictor::diffusion
