#include "layers/layers.hpp"

#include "error.hpp"
#include "layers/int8_matrix.hpp"
#include "layers/libtorch_version.hpp"

#include <array>
#include <string>
#include <utility>

namespace pictor::diffusion {
namespace {

// Below it the few kernels more cost more than they save.
constexpr int64_t kLargeOnGpu = int64_t{1} << 23;

// A GPU's own kernel copies to channels-first before, and is several times slower on large maps.
bool is_slow_group_norm(const at::Tensor &x) {
  return x.is_cuda() && x.numel() >= kLargeOnGpu && x.scalar_type() != at::kFloat;
}

}  // namespace

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

// From the sums over each channel and over its squares, in float32.
at::Tensor GroupNorm::in_channels_last(const at::Tensor &x) const {
  const int64_t batch = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const at::Tensor pixels = x.permute({0, 2, 3, 1}).reshape({batch, height * width, channels});
  const auto mean_of_groups = [&](const at::Tensor &sum_of_channels) {
    const int64_t count = height * width * channels / groups;
    return sum_of_channels.view({batch, groups, -1}).sum(2, /*keepdim=*/true) / count;
  };
  const at::Tensor mean = mean_of_groups(at::sum(pixels, {1}, /*keepdim=*/false, at::kFloat));
  const at::Tensor norm =
      at::linalg_vector_norm(pixels, 2, at::IntArrayRef{1}, /*keepdim=*/false, at::kFloat);
  const at::Tensor variance = (mean_of_groups(norm.pow(2)) - mean.pow(2)).clamp_min(0);
  const at::Tensor scale = weight.view({1, groups, -1}) * at::rsqrt(variance + eps);
  const at::Tensor shift = bias.view({1, groups, -1}) - mean * scale;
  at::Tensor out = at::empty_like(pixels);
  at::addcmul_out(out, shift.view({batch, 1, channels}), pixels, scale.view({batch, 1, channels}));
  return out.view({batch, height, width, channels}).permute({0, 3, 1, 2});
}

at::Tensor GroupNorm::operator()(const at::Tensor &x) const {
  if (is_slow_group_norm(x)) return in_channels_last(x);
  return at::group_norm(x, groups, weight, bias, eps);
}

at::Tensor GroupNorm::activated(const at::Tensor &x) const {
  at::Tensor normed = (*this)(x);
  return at::silu_(normed);
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
