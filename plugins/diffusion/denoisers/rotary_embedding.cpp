#include "denoisers/rotary_embedding.hpp"

namespace pictor::diffusion {
namespace {

constexpr double kLongestPeriod = 10000;

}  // namespace

RotaryEmbedding::RotaryEmbedding(const at::Tensor &positions,
                                 const std::vector<int64_t> &axis_widths, at::Device device) {
  std::vector<at::Tensor> angles;
  for (size_t axis = 0; axis < axis_widths.size(); ++axis) {
    const int64_t width = axis_widths[axis];
    const at::Tensor exponent = at::arange(0, width, 2, at::kDouble) / static_cast<double>(width);
    const at::Tensor frequency = at::pow(kLongestPeriod, -exponent);  // [width / 2]
    const at::Tensor position = positions.select(1, static_cast<int64_t>(axis)).to(at::kDouble);
    angles.push_back(at::outer(position, frequency));
  }
  const at::Tensor angle = at::cat(angles, 1).unsqueeze(1);
  turns = at::polar(at::ones_like(angle), angle).to(device, at::kComplexFloat);
}

at::Tensor RotaryEmbedding::rotate(const at::Tensor &x, int64_t heads) const {
  const int64_t pairs = x.size(2) / heads / 2;
  const at::Tensor wide = x.to(at::kFloat).reshape({x.size(0), x.size(1), heads, pairs, 2});
  return at::view_as_real(at::view_as_complex(wide) * turns).view(x.sizes()).to(x.scalar_type());
}

}  // namespace pictor::diffusion
