#pragma once

#include "weights/weights.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

// The layers that every network here is made of. A layer takes its tensors, "weight" and "bias",
// from the scope it is given; applying it is const and may be done from several threads. `to` moves
// the tensors of one to the device and dtype of its options.
namespace pictor::diffusion {

class Int8Matrix;
class Int8Convolution;

// `tensor` on the device and of the dtype of `options`. It changes its dtype where it arrives: a
// device that has no memory left is not asked for more.
at::Tensor moved(const at::Tensor &tensor, const at::TensorOptions &options);

enum class Bias { yes, no };

// y = x W^T + b
struct Linear {
  Linear(const WeightScope &scope, int64_t in, int64_t out, Bias bias = Bias::yes);

  // The same layer stored as a convolution with a 1 x 1 kernel, [out, in, 1, 1].
  static Linear from_pointwise_conv(const WeightScope &scope, int64_t in, int64_t out);

  // Layers that read the same as one: their outputs, which must be equally wide, follow each other.
  static Linear joined(const std::vector<Linear> &layers);

  // The inverse, without a copy.
  std::vector<Linear> split(int64_t parts) const;

  // Rounds the weights to eight bits, and lets go of them: see Int8Matrix.
  void to_int8();

  // Not of one that is rounded.
  void to(const at::TensorOptions &options);

  // x: [..., in] -> [..., out]
  at::Tensor operator()(const at::Tensor &x) const;

  // The same, then GELU in its tanh approximation.
  at::Tensor gelu(const at::Tensor &x) const;

  at::Tensor weight;
  at::Tensor bias;  // undefined without one

 private:
  Linear() = default;

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

  // Rounds the weights to eight bits, and lets go of them: see Int8Convolution.
  void to_int8();

  // x: [batch, in, h, w] -> [batch, out, h', w']
  at::Tensor operator()(const at::Tensor &x) const;

  at::ScalarType dtype() const { return bias_.scalar_type(); }
  at::Device device() const { return bias_.device(); }

 private:
  at::Tensor weight_;  // channels-last
  at::Tensor bias_;
  Shape shape_;
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
