#pragma once

#include "layers/int8_product.hpp"
#include "layers/packed_product.hpp"
#include "weights/weights.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

// The layers that every network here is made of. A layer takes its tensors, "weight" and "bias",
// from the scope it is given, and rounds what it multiplies with if the scope says so; applying it
// is const and may be done from several threads. `to` moves the tensors of one to the device and
// dtype of its options. Copies of a layer share its tensors.
namespace pictor::diffusion {

// `tensor` on the device and of the dtype of `options`. It changes its dtype where it arrives: a
// device that has no memory left is not asked for more.
at::Tensor moved(const at::Tensor &tensor, const at::TensorOptions &options);

enum class Bias { yes, no };

// y = x W^T + b
class Linear {
 public:
  Linear(const WeightScope &scope, int64_t in, int64_t out, Bias bias = Bias::yes);

  // The same layer stored as a convolution with a 1 x 1 kernel, [out, in, 1, 1].
  static Linear from_pointwise_conv(const WeightScope &scope, int64_t in, int64_t out);

  // Layers of one shape below `scope` that read the same, as one: their outputs follow each other.
  static Linear joined(const WeightScope &scope, const std::vector<std::string> &names, int64_t in,
                       int64_t out, Bias bias = Bias::yes);

  // The inverse, without a copy: one layer as `parts`, each with its share of the outputs.
  static std::vector<Linear> split(const WeightScope &scope, int64_t in, int64_t out,
                                   int64_t parts);

  // One that is packed or rounded stays where it is: only what it is already may be asked of it.
  void to(const at::TensorOptions &options);

  // Of the weights, and of what may be given to it.
  at::TensorOptions options() const { return options_; }
  at::ScalarType dtype() const { return c10::typeMetaToScalarType(options_.dtype()); }
  at::Device device() const { return options_.device(); }

  // x: [..., in] -> [..., out]
  at::Tensor operator()(const at::Tensor &x, Activation activation = Activation::none) const;

 private:
  Linear(at::Tensor weight, at::Tensor bias, Rounding rounding);

  at::TensorOptions options_;
  at::Tensor weight_, bias_;  // undefined without a bias, and both where one of these is in place
  std::shared_ptr<const PackedMatrix> packed_;
  std::shared_ptr<const Int8Matrix> int8_;
};

// A convolution with a square kernel. Activations are channels-last.
class Conv2d {
 public:
  struct Shape {
    int64_t kernel = 3;
    int64_t stride = 1;
    int64_t padding = 1;
  };

  Conv2d(const WeightScope &scope, int64_t in, int64_t out, Shape shape);

  // x: [batch, in, h, w] -> [batch, out, h', w']
  at::Tensor operator()(const at::Tensor &x) const;

  // The same, of an x that has the rows above and below which padding would add. Not of one that is
  // rounded.
  at::Tensor without_row_padding(const at::Tensor &x) const;

  at::ScalarType dtype() const { return bias_.scalar_type(); }
  at::Device device() const { return bias_.device(); }

 private:
  at::Tensor weight_;  // channels-last; undefined where one of those below is in place
  at::Tensor bias_;
  Shape shape_;
  std::shared_ptr<const PackedConvolution> packed_;
  std::shared_ptr<const Int8Convolution> int8_;
};

inline constexpr Conv2d::Shape kConv3x3{3, 1, 1};
inline constexpr Conv2d::Shape kConv1x1{1, 1, 0};

struct GroupNorm {
  // Throws Error when `channels` is not a multiple of `groups`.
  GroupNorm(const WeightScope &scope, int64_t groups, int64_t channels, double eps);

  // x: [batch, channels, ...]
  at::Tensor operator()(const at::Tensor &x) const;

  // The same, then SiLU.
  at::Tensor activated(const at::Tensor &x) const;

  // The same of x: [batch, channels, h, w], which may be written to, plus `shift`: [1 or batch,
  // channels].
  at::Tensor activated(at::Tensor x, const at::Tensor &shift) const;

  at::Tensor weight;
  at::Tensor bias;
  int64_t groups;
  double eps;
};

struct LayerNorm {
  LayerNorm(const WeightScope &scope, int64_t size, double eps);

  void to(const at::TensorOptions &options);

  // x: [..., size]
  at::Tensor operator()(const at::Tensor &x) const;

  at::Tensor weight;
  at::Tensor bias;
  double eps;
};

// x / sqrt(mean(x^2) + eps) over the last dimension, computed in float32 (arXiv:1910.07467). The
// result has the dtype of the weight.
struct RMSNorm {
  RMSNorm(const WeightScope &scope, int64_t size, double eps);

  void to(const at::TensorOptions &options) { weight = moved(weight, options); }

  // x: [..., size]
  at::Tensor operator()(const at::Tensor &x) const;

  at::Tensor weight;
  double eps;
};

}  // namespace pictor::diffusion
