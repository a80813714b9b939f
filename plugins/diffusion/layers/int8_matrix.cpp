#include "layers/int8_matrix.hpp"

#include "error.hpp"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/util/Exception.h>
#include <torch/version.h>

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace pictor::diffusion {
namespace {

constexpr double kLargestInt8 = 127;

// NoQEngine where there is none.
at::QEngine fastest_engine() {
  const auto &supported = at::globalContext().supportedQEngines();
  for (const at::QEngine engine : std::array{at::kX86, at::kFBGEMM}) {
    if (std::find(supported.begin(), supported.end(), engine) != supported.end()) return engine;
  }
  return at::kNoQEngine;
}

#if TORCH_VERSION_MAJOR >= 2

// libtorch means to move these functions to another library, and says so when they are used.
class Silence : public c10::WarningHandler {
 public:
  void process(const c10::Warning &) override {}

 private:
  const c10::WarningUtils::WarningHandlerGuard guard_{this};
};

#else

struct [[maybe_unused]] Silence {};

#endif

at::Tensor quantized(const at::Tensor &weight) {
  [[maybe_unused]] const Silence silence;
  const at::Tensor scales = weight.abs().amax(1).clamp_min(1e-12) / kLargestInt8;
  const at::Tensor zero_points = at::zeros({weight.size(0)}, at::kLong);
  return at::quantize_per_channel(weight, scales, zero_points, 0, at::kQInt8);
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

}  // namespace

bool has_int8_kernels() {
  return fastest_engine() != at::kNoQEngine && multiplies_bytes();
}

void require_int8_kernels() {
  if (has_int8_kernels()) return;
  if (fastest_engine() != at::kNoQEngine) {
    throw Error{ErrorKind::unsupported,
                "quantization: int8 needs a CPU that adds up products of bytes (VNNI), which this "
                "one does not; leave it out",
                "quantization"};
  }
  throw Error{ErrorKind::unsupported,
              "quantization: this libtorch has no int8 kernels (Debian's is built without, pip's "
              "with them); leave it out, or build with another",
              "quantization"};
}

Int8Matrix::Int8Matrix(const at::Tensor &weight, const at::Tensor &bias) {
  require_int8_kernels();
  at::globalContext().setQEngine(fastest_engine());
  using Pack = c10::intrusive_ptr<LinearPackedParamsBase>(at::Tensor, c10::optional<at::Tensor>);
  static const auto pack =
      c10::Dispatcher::singleton().findSchemaOrThrow("quantized::linear_prepack", "").typed<Pack>();
  c10::optional<at::Tensor> wide_bias;
  if (bias.defined()) wide_bias = bias.to(at::kFloat);
  packed_ = pack.call(quantized(weight.to(at::kFloat)), wide_bias);
}

at::Tensor Int8Matrix::operator()(const at::Tensor &x) const {
  return packed_->apply_dynamic(x.to(at::kFloat).contiguous()).to(x.scalar_type());
}

}  // namespace pictor::diffusion
