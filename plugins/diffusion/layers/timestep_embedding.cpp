#include "layers/timestep_embedding.hpp"

#include <cmath>

namespace pictor::diffusion {
namespace {

constexpr double kLongestPeriod = 10000;

}  // namespace

at::Tensor sinusoidal_embedding(const at::Tensor &numbers, int64_t width, bool flip_sin_to_cos,
                                double freq_shift) {
  const int64_t half = width / 2;
  const at::Tensor index = at::arange(half, numbers.options().dtype(at::kFloat));
  const double step = -std::log(kLongestPeriod) / (static_cast<double>(half) - freq_shift);
  const at::Tensor angle =
      numbers.to(at::kFloat).unsqueeze(1) * at::exp(index * step);  // [n, half]
  const at::Tensor sin = at::sin(angle), cos = at::cos(angle);
  const at::Tensor embedding = flip_sin_to_cos ? at::cat({cos, sin}, 1) : at::cat({sin, cos}, 1);
  return at::constant_pad_nd(embedding, {0, width % 2});
}

TimestepEmbedding::TimestepEmbedding(const WeightScope &scope, int64_t in, int64_t out)
    : linear_1(scope / "linear_1", in, out), linear_2(scope / "linear_2", out, out) {}

at::Tensor TimestepEmbedding::operator()(const at::Tensor &x) const {
  return linear_2(at::silu(linear_1(x.to(linear_1.dtype()))));
}

}  // namespace pictor::diffusion
