#include "layers/adaptive_norm.hpp"

#include "layers/modulated_norm_kernel.hpp"

namespace pictor::diffusion {
namespace {

constexpr double kNormEps = 1e-6;  // diffusers fixes it in all of these

}  // namespace

at::Tensor Modulation::apply(const at::Tensor &x) const {
  if (is_for_modulated_norm_kernel(x, *this)) return modulated_norm_kernel(x, *this, kNormEps);
  return at::addcmul(shift, at::layer_norm(x, {x.size(2)}, {}, {}, kNormEps), 1 + scale);
}

at::Tensor Modulation::add(const at::Tensor &x, const at::Tensor &output) const {
  return at::addcmul(x, gate, output);
}

AdaLayerNormZero::AdaLayerNormZero(const WeightScope &scope, int64_t width, int64_t the_sublayers)
    : linear(scope.rounded(Rounding::none) / "linear", width, 3 * the_sublayers * width),
      sublayers(the_sublayers) {}

std::vector<Modulation> AdaLayerNormZero::operator()(const at::Tensor &embedding) const {
  const std::vector<at::Tensor> parts = linear(embedding).unsqueeze(1).chunk(3 * sublayers, -1);
  std::vector<Modulation> result;
  for (size_t i = 0; i < parts.size(); i += 3) {
    result.push_back({parts[i], parts[i + 1], parts[i + 2]});
  }
  return result;
}

AdaLayerNormContinuous::AdaLayerNormContinuous(const WeightScope &scope, int64_t width)
    : linear(scope.rounded(Rounding::none) / "linear", width, 2 * width) {}

at::Tensor AdaLayerNormContinuous::operator()(const at::Tensor &x,
                                              const at::Tensor &embedding) const {
  const std::vector<at::Tensor> parts = linear(embedding).unsqueeze(1).chunk(2, -1);
  return Modulation{parts[1], parts[0], {}}.apply(x);
}

}  // namespace pictor::diffusion
