#include "layers/int8_product.hpp"

#include "error.hpp"
#include "layers/cpu_features.hpp"
#include "layers/rounding.hpp"

namespace pictor::diffusion {
namespace {

constexpr OnednnOperator kPackInt8Matrix{"onednn::qlinear_prepack", 2};
constexpr OnednnOperator kInt8Matrix{"onednn::qlinear_pointwise", 13};
constexpr OnednnOperator kPackInt8Convolution{"onednn::qconv_prepack", 9};
constexpr OnednnOperator kInt8Convolution{"onednn::qconv2d_pointwise", 17};

// Without VNNI the kernels of x86 add products of bytes in 16 bits, where they do not fit: what
// comes is wrong by a sixth.
bool multiplies_bytes() {
#if defined(__x86_64__)
  return has_vnni();
#else
  return true;
#endif
}

at::Tensor zeros_for(const at::Tensor &scales) {
  return at::zeros(scales.sizes(), at::kLong);
}

at::Tensor wide(const at::Tensor &bias) {
  return bias.defined() ? bias.to(at::kFloat) : bias;
}

// The arguments for rounding the output, which is not.
constexpr double kOutputScale = 1;
constexpr int64_t kOutputZeroPoint = 0;

}  // namespace

bool has_int8_kernels() {
  return multiplies_bytes() &&
         are_there({kPackInt8Matrix, kInt8Matrix, kPackInt8Convolution, kInt8Convolution});
}

void require_int8_kernels() {
  if (has_int8_kernels()) return;
  if (!multiplies_bytes()) {
    throw Error{ErrorKind::unsupported,
                "quantization: int8 needs a CPU that adds up products of bytes (VNNI), which this "
                "one does not; leave it out",
                "quantization"};
  }
  throw Error{ErrorKind::unsupported,
              "quantization: this libtorch has no int8 kernels of oneDNN (Debian's is too old; "
              "pip's 2.13 has them); leave it out, or build with another",
              "quantization"};
}

Int8Matrix::Int8Matrix(const at::Tensor &weight, const at::Tensor &bias) {
  require_int8_kernels();
  const RoundedWeight rounded = round_weight(weight.contiguous());
  scales_ = rounded.scales;
  zero_points_ = zeros_for(scales_);
  bias_ = wide(bias);
  weight_ = call(kPackInt8Matrix, rounded.values, c10::IValue{});
}

at::Tensor Int8Matrix::operator()(const at::Tensor &x, Activation activation) const {
  const PostOperation after{activation};
  const RoundedInput input = round_input(x.contiguous());
  return call(kInt8Matrix, input.values, input.scale, input.zero_point, weight_, scales_,
              zero_points_, or_none(bias_), kOutputScale, kOutputZeroPoint, x.scalar_type(),
              after.name, after.scalars, after.algorithm);
}

Int8Convolution::Int8Convolution(const at::Tensor &weight, const at::Tensor &bias, int64_t stride,
                                 int64_t padding)
    : stride_(stride), padding_(padding) {
  require_int8_kernels();
  const RoundedWeight rounded = round_weight(weight.contiguous());
  scales_ = rounded.scales;
  zero_points_ = zeros_for(scales_);
  bias_ = wide(bias);
  // That the input will have a zero point is all that counts of its scale and its zero point.
  weight_ = call(kPackInt8Convolution, rounded.values, scales_, 1.0, int64_t{128}, both(stride_),
                 both(padding_), both(1), int64_t{1}, c10::IValue{});
}

at::Tensor Int8Convolution::operator()(const at::Tensor &x) const {
  const PostOperation after{Activation::none};
  const RoundedInput input = round_input(x.contiguous(at::MemoryFormat::ChannelsLast));
  return call(kInt8Convolution, input.values, input.scale, input.zero_point, weight_, scales_,
              zero_points_, or_none(bias_), both(stride_), both(padding_), both(1), int64_t{1},
              kOutputScale, kOutputZeroPoint, x.scalar_type(), after.name, after.scalars,
              after.algorithm);
}

}  // namespace pictor::diffusion
