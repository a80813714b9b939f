#include "layers/int8_product.hpp"

#include "error.hpp"
#include "layers/rounding.hpp"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace pictor::diffusion {
namespace {

struct Operator {
  const char *name;
  size_t arguments;  // of the schema that is called here
};
constexpr Operator kPackMatrix{"onednn::qlinear_prepack", 2};
constexpr Operator kMatrix{"onednn::qlinear_pointwise", 13};
constexpr Operator kPackConvolution{"onednn::qconv_prepack", 9};
constexpr Operator kConvolution{"onednn::qconv2d_pointwise", 17};

bool is_there(const Operator &op) {
  const auto found = c10::Dispatcher::singleton().findSchema({op.name, ""});
  return found && found->schema().arguments().size() == op.arguments;
}

// Its C++ signature is another in each libtorch; its schema is what is called.
template <class... Arguments>
at::Tensor call(const Operator &op, Arguments &&...arguments) {
  torch::jit::Stack stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  c10::Dispatcher::singleton().findSchemaOrThrow(op.name, "").callBoxed(stack);
  return std::move(stack.front()).toTensor();
}

// Without VNNI the kernels of x86 add products of bytes in 16 bits, where they do not fit: what
// comes is wrong by a sixth.
bool multiplies_bytes() {
#if defined(__x86_64__)
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned avx512_vnni = 1u << 11, avx_vnni = 1u << 4;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (c & avx512_vnni) != 0) return true;
  return __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & avx_vnni) != 0;
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

c10::IValue optional(const at::Tensor &tensor) {
  return tensor.defined() ? c10::IValue{tensor} : c10::IValue{};
}

// The arguments for what oneDNN could do with the output.
c10::List<c10::optional<at::Scalar>> no_scalars() {
  return c10::List<c10::optional<at::Scalar>>{};
}
constexpr double kOutputScale = 1;
constexpr int64_t kOutputZeroPoint = 0;

}  // namespace

bool has_int8_kernels() {
  constexpr std::array operators{kPackMatrix, kMatrix, kPackConvolution, kConvolution};
  for (const Operator &op : operators) {
    if (!is_there(op)) return false;
  }
  return multiplies_bytes();
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
  weight_ = call(kPackMatrix, rounded.values, c10::IValue{});
}

at::Tensor Int8Matrix::operator()(const at::Tensor &x) const {
  const RoundedInput input = round_input(x.contiguous());
  return call(kMatrix, input.values, input.scale, input.zero_point, weight_, scales_, zero_points_,
              optional(bias_), kOutputScale, kOutputZeroPoint, x.scalar_type(), "none",
              no_scalars(), "");
}

Int8Convolution::Int8Convolution(const at::Tensor &weight, const at::Tensor &bias, int64_t stride,
                                 int64_t padding)
    : stride_(stride), padding_(padding) {
  require_int8_kernels();
  const RoundedWeight rounded = round_weight(weight.contiguous(at::MemoryFormat::ChannelsLast));
  scales_ = rounded.scales;
  zero_points_ = zeros_for(scales_);
  bias_ = wide(bias);
  // That the input will have a zero point is all that counts of its scale and its zero point.
  const std::vector<int64_t> both_strides(2, stride_), both_paddings(2, padding_), dilation(2, 1);
  weight_ = call(kPackConvolution, rounded.values.contiguous(), scales_, 1.0, int64_t{128},
                 both_strides, both_paddings, dilation, int64_t{1}, c10::IValue{});
}

at::Tensor Int8Convolution::operator()(const at::Tensor &x) const {
  const RoundedInput input = round_input(x.contiguous(at::MemoryFormat::ChannelsLast));
  const std::vector<int64_t> both_strides(2, stride_), both_paddings(2, padding_), dilation(2, 1);
  return call(kConvolution, input.values, input.scale, input.zero_point, weight_, scales_,
              zero_points_, optional(bias_), both_strides, both_paddings, dilation, int64_t{1},
              kOutputScale, kOutputZeroPoint, x.scalar_type(), "none", no_scalars(), "");
}

}  // namespace pictor::diffusion
