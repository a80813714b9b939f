#include "layers/packed_product.hpp"

#include "layers/cpu_features.hpp"

#include <ATen/Context.h>

#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr OnednnOperator kPackMatrix{"mkldnn::_reorder_linear_weight", 2};
constexpr OnednnOperator kMatrix{"mkldnn::_linear_pointwise", 6};
constexpr OnednnOperator kPackConvolution{"mkldnn::_reorder_convolution_weight", 6};
constexpr OnednnOperator kConvolution{"mkldnn::_convolution_pointwise", 10};

// Of the inputs. A matrix's order does not depend on them, a convolution's hardly: an input for
// which it would be another is computed with the weights brought into it, which takes milliseconds.
// (With a 1 x 1 kernel it would depend on them; such a one is a matrix.)
constexpr int64_t kLikelyRows = 1024, kLikelySide = 64;

bool takes(at::ScalarType dtype) {
  if (dtype == at::kFloat) return has_avx2();
  return dtype == at::kBFloat16 && has_avx512() && !has_amx_bfloat16();
}

}  // namespace

bool has_packed_matrices(const at::TensorOptions &options) {
  static const bool operators = are_there({kPackMatrix, kMatrix});
  return operators && options.device().is_cpu() && at::globalContext().userEnabledMkldnn() &&
         takes(c10::typeMetaToScalarType(options.dtype()));
}

bool has_packed_convolutions(const at::TensorOptions &options) {
  static const bool operators = are_there({kPackConvolution, kConvolution});
  return operators && has_avx512() && has_packed_matrices(options);
}

PackedMatrix::PackedMatrix(const at::Tensor &weight, at::Tensor bias)
    : weight_(call(kPackMatrix, weight.contiguous(), kLikelyRows)), bias_(std::move(bias)) {}

at::Tensor PackedMatrix::operator()(const at::Tensor &x, Activation activation) const {
  const PostOperation after{activation};
  return call(kMatrix, x, weight_, or_none(bias_), after.name, after.scalars, after.algorithm);
}

PackedConvolution::PackedConvolution(const at::Tensor &weight, at::Tensor bias, int64_t stride,
                                     int64_t padding)
    : bias_(std::move(bias)), stride_(stride), padding_(padding) {
  const int64_t out = weight.size(0), in = weight.size(1);
  if (weight.size(2) == 1 && stride == 1 && padding == 0) {
    pointwise_.emplace(weight.view({out, in}), bias_);
    return;
  }
  const std::vector<int64_t> likely{2, in, kLikelySide, kLikelySide};
  weight_ =
      call(kPackConvolution, weight, both(padding), both(stride), both(1), int64_t{1}, likely);
}

at::Tensor PackedConvolution::operator()(const at::Tensor &x, int64_t row_padding) const {
  if (pointwise_) return (*pointwise_)(x.permute({0, 2, 3, 1})).permute({0, 3, 1, 2});
  const PostOperation after{Activation::none};
  const std::vector<int64_t> padding{row_padding, padding_};
  return call(kConvolution, x, weight_, bias_, padding, both(stride_), both(1), int64_t{1},
              after.name, after.scalars, after.algorithm);
}

}  // namespace pictor::diffusion
