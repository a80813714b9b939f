#include "layers/layers.hpp"

#include "error.hpp"
#include "layers/group_norm_cpu.hpp"
#include "layers/group_norm_kernel.hpp"
#include "layers/libtorch_version.hpp"

#include <array>
#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// Of the weights that a layer multiplies with: briefly, where it keeps others that are made of
// them.
Taken for_matrix(const WeightScope &scope) {
  const bool is_int8 = scope.rounding() == Rounding::int8;
  return {at::MemoryFormat::Contiguous, is_int8 || has_packed_matrices(scope.options())};
}

Taken for_convolution(const WeightScope &scope) {
  if (scope.rounding() == Rounding::int8) return {at::MemoryFormat::Contiguous, true};
  return {at::MemoryFormat::ChannelsLast, has_packed_convolutions(scope.options())};
}

at::Tensor take_bias(const WeightScope &scope, int64_t out, Bias with_bias) {
  return with_bias == Bias::yes ? scope.take("bias", {out}) : at::Tensor{};
}

}  // namespace

at::Tensor moved(const at::Tensor &tensor, const at::TensorOptions &options) {
  return tensor.to(options.device()).to(c10::typeMetaToScalarType(options.dtype()));
}

Linear::Linear(at::Tensor weight, at::Tensor bias, Rounding rounding)
    : options_(at::TensorOptions{weight.device()}.dtype(weight.scalar_type())) {
  if (rounding == Rounding::int8) {
    int8_ = std::make_shared<Int8Matrix>(weight, bias);
  } else if (has_packed_matrices(options_)) {
    packed_ = std::make_shared<PackedMatrix>(weight, std::move(bias));
  } else {
    weight_ = std::move(weight);
    bias_ = std::move(bias);
  }
}

Linear::Linear(const WeightScope &scope, int64_t in, int64_t out, Bias with_bias)
    : Linear(scope.take("weight", {out, in}, for_matrix(scope)), take_bias(scope, out, with_bias),
             scope.rounding()) {}

Linear Linear::from_pointwise_conv(const WeightScope &scope, int64_t in, int64_t out) {
  const at::Tensor weight = scope.take("weight", {out, in, 1, 1}, for_matrix(scope));
  return {weight.view({out, in}), scope.take("bias", {out}), scope.rounding()};
}

Linear Linear::joined(const WeightScope &scope, const std::vector<std::string> &names, int64_t in,
                      int64_t out, Bias with_bias) {
  at::Tensor bias;
  if (with_bias == Bias::yes) bias = scope.take_joined(names, "bias", {out});
  return {scope.take_joined(names, "weight", {out, in}, for_matrix(scope)), bias, scope.rounding()};
}

std::vector<Linear> Linear::split(const WeightScope &scope, int64_t in, int64_t out,
                                  int64_t parts) {
  const auto weights = scope.take("weight", {out, in}, for_matrix(scope)).chunk(parts);
  const auto biases = scope.take("bias", {out}).chunk(parts);
  std::vector<Linear> layers;
  for (size_t i = 0; i < weights.size(); ++i) {
    layers.push_back(Linear{weights[i], biases[i], scope.rounding()});
  }
  return layers;
}

void Linear::to(const at::TensorOptions &options) {
  if (options.device() == device() && options.dtype() == options_.dtype()) return;
  at::Tensor bias = bias_.defined() ? moved(bias_, options) : bias_;
  *this = Linear{moved(weight_, options), std::move(bias), Rounding::none};
}

at::Tensor Linear::operator()(const at::Tensor &x, Activation activation) const {
  if (int8_) return (*int8_)(x, activation);
  if (packed_) return (*packed_)(x, activation);
  if (activation == Activation::none) return at::linear(x, weight_, bias_);
#if PICTOR_FUSED_KERNELS
  if (activation == Activation::gelu_tanh && x.is_cuda() && bias_.defined()) {
    std::vector<int64_t> sizes = x.sizes().vec();
    sizes.back() = weight_.size(0);
    return at::_addmm_activation(bias_, x.flatten(0, -2), weight_.t(), 1, 1, /*use_gelu=*/true)
        .view(sizes);
  }
#endif
  return at::gelu(at::linear(x, weight_, bias_), PostOperation{activation}.algorithm);
}

Conv2d::Conv2d(const WeightScope &scope, int64_t in, int64_t out, Shape shape)
    : bias_(scope.take("bias", {out})), shape_(shape) {
  at::Tensor weight =
      scope.take("weight", {out, in, shape.kernel, shape.kernel}, for_convolution(scope));
  if (scope.rounding() == Rounding::int8) {
    int8_ = std::make_shared<Int8Convolution>(weight, bias_, shape.stride, shape.padding);
  } else if (has_packed_convolutions(scope.options())) {
    packed_ = std::make_shared<PackedConvolution>(weight, bias_, shape.stride, shape.padding);
  } else {
    weight_ = std::move(weight);
  }
}

at::Tensor Conv2d::operator()(const at::Tensor &x) const {
  if (int8_) return (*int8_)(x);
  if (packed_) return (*packed_)(x, shape_.padding);
  return at::conv2d(x, weight_, bias_, shape_.stride, shape_.padding);
}

at::Tensor Conv2d::without_row_padding(const at::Tensor &x) const {
  if (packed_) return (*packed_)(x, 0);
  const std::array strides{shape_.stride, shape_.stride}, paddings{int64_t{0}, shape_.padding};
  return at::conv2d(x, weight_, bias_, strides, paddings);
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
  if (is_for_group_norm_cpu(*this, x)) return group_norm_cpu(*this, x, {}, false);
  return at::group_norm(x, groups, weight, bias, eps);
}

at::Tensor GroupNorm::activated(const at::Tensor &x) const {
  if (is_for_group_norm_kernel(*this, x)) return group_norm_kernel(*this, x, {}, true);
  if (is_for_group_norm_cpu(*this, x)) return group_norm_cpu(*this, x, {}, true);
  at::Tensor normed = (*this)(x);
  return at::silu_(normed);
}

at::Tensor GroupNorm::activated(at::Tensor x, const at::Tensor &shift) const {
  if (is_for_group_norm_kernel(*this, x)) return group_norm_kernel(*this, x, shift, true);
  if (is_for_group_norm_cpu(*this, x)) return group_norm_cpu(*this, x, shift, true);
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
