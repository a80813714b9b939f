#include "pipelines/pixels.hpp"

#include "error.hpp"

namespace pictor::diffusion {
namespace {

// Larger pictures are beyond what any model was trained for, and their attention alone beyond any
// machine's time.
constexpr int64_t kLargestSide = 16384;

}  // namespace

at::Tensor to_pixels(const at::Tensor &decoded) {
  const at::Tensor unit = (decoded.to(at::kFloat) / 2 + 0.5).clamp(0, 1);
  return at::round(unit * 255).to(at::kByte).permute({0, 2, 3, 1}).contiguous().to(at::kCPU);
}

int64_t resolve_side(int64_t asked, int64_t fallback, int64_t multiple,
                     const std::string &parameter) {
  const int64_t side = asked == 0 ? fallback : asked;
  if (side == 0) {
    throw Error{ErrorKind::invalid_argument,
                "the model does not say how large its pictures are: set '" + parameter + "'",
                parameter};
  }
  if (side < 0 || side > kLargestSide) {
    throw Error{ErrorKind::invalid_argument,
                parameter + " = " + std::to_string(side) + " is not between " +
                    std::to_string(multiple) + " and " + std::to_string(kLargestSide),
                parameter};
  }
  if (side % multiple == 0) return side;
  const int64_t below = side / multiple * multiple, above = below + multiple;
  const std::string neighbours =
      below == 0 ? std::to_string(above) : std::to_string(below) + " and " + std::to_string(above);
  throw Error{ErrorKind::invalid_argument,
              parameter + " = " + std::to_string(side) + " is not a multiple of " +
                  std::to_string(multiple) + " pixels; nearest: " + neighbours,
              parameter};
}

void require_finite(const at::Tensor &tensor, const std::string &what) {
  if (at::isfinite(tensor).all().item<bool>()) return;
  throw Error{ErrorKind::internal,
              what +
                  " is not finite; if 'dtype' is float16, try bfloat16 or float32; otherwise "
                  "the weights or the scheduler's settings are at fault"};
}

}  // namespace pictor::diffusion
