#include "layers/group_norm_cpu.hpp"
#include "layers/packed_product.hpp"
#include "reference_case.hpp"
#include "support/temp_dir.hpp"
#include "tensor_catch.hpp"
#include "tensor_file.hpp"
#include "weights/weights.hpp"

#include <c10/core/InferenceMode.h>

#include <cmath>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

constexpr double kBfloat16 = 0.01;  // of the largest value: a rounding or two of eight bits

double tolerance(at::ScalarType dtype) {
  return dtype == at::kFloat ? 1e-5 : kBfloat16;
}

at::Tensor channels_last(const at::Tensor &x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

// With random weights of `channels` channels.
GroupNorm group_norm(int64_t groups, int64_t channels, at::ScalarType dtype) {
  const TempDir folder;
  folder.write("norm.safetensors", safetensors_of({{"weight", at::randn({channels})},
                                                   {"bias", at::randn({channels})}}));
  WeightOptions options;
  options.dtype = dtype;
  Weights weights{folder.path(), "norm", options};
  return {weights, groups, channels, 1e-5};
}

at::Tensor by_libtorch(const GroupNorm &norm, const at::Tensor &x) {
  return at::group_norm(x.to(at::kFloat), norm.groups, norm.weight.to(at::kFloat),
                        norm.bias.to(at::kFloat), norm.eps);
}

}  // namespace

TEST_CASE("a packed matrix multiplies as the plain one does") {
  const c10::InferenceMode inference;
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  if (!has_packed_matrices(at::TensorOptions{dtype})) return;
  at::manual_seed(1);
  const at::Tensor weight = at::randn({33, 20}).to(dtype), bias = at::randn({33}).to(dtype);
  const PackedMatrix packed{weight, bias};
  for (const int64_t rows : {1, 7, 3000}) {
    const at::Tensor x = at::randn({2, rows, 20}).to(dtype);
    const at::Tensor exact = at::linear(x, weight, bias);
    CHECK(packed(x).scalar_type() == dtype);
    CHECK(relative_error(packed(x), exact) < tolerance(dtype));
    CHECK(relative_error(packed(x, Activation::gelu), at::gelu(exact)) < tolerance(dtype));
    CHECK(relative_error(packed(x, Activation::gelu_tanh), at::gelu(exact, "tanh")) <
          tolerance(dtype));
    CHECK(relative_error(PackedMatrix{weight, {}}(x), at::linear(x, weight)) < tolerance(dtype));
  }
}

TEST_CASE("a packed convolution gives what the plain one does") {
  const c10::InferenceMode inference;
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  if (!has_packed_convolutions(at::TensorOptions{dtype})) return;
  at::manual_seed(2);
  for (const int64_t kernel : {1, 3}) {
    const int64_t padding = kernel / 2;
    const at::Tensor weight = at::randn({24, 10, kernel, kernel}).to(dtype);
    const at::Tensor bias = at::randn({24}).to(dtype);
    const at::Tensor x = channels_last(at::randn({3, 10, 11, 70}).to(dtype));
    for (const int64_t stride : {1, 2}) {
      const PackedConvolution packed{weight, bias, stride, padding};
      const at::Tensor result = packed(x, padding);
      CHECK(result.is_contiguous(at::MemoryFormat::ChannelsLast));
      CHECK(relative_error(result, at::conv2d(x, weight, bias, stride, padding)) <
            tolerance(dtype));
    }
    const at::Tensor padded = channels_last(at::constant_pad_nd(x, {0, 0, padding, padding}));
    CHECK(PackedConvolution{weight, bias, 1, padding}(padded, 0).equal(
        PackedConvolution{weight, bias, 1, padding}(x, padding)));
  }
}

TEST_CASE("group norms on a CPU are those of libtorch") {
  const c10::InferenceMode inference;
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  at::manual_seed(3);
  struct Shape {
    int64_t batch, channels, height, width, groups;
  };
  for (const Shape &shape : {Shape{2, 15, 9, 7, 5}, Shape{1, 64, 40, 33, 32}, Shape{3, 8, 1, 1, 2},
                             Shape{2, 320, 8, 8, 32}}) {
    const GroupNorm norm = group_norm(shape.groups, shape.channels, dtype);
    const at::Tensor x = channels_last(
        (3 * at::randn({shape.batch, shape.channels, shape.height, shape.width}) + 5).to(dtype));
    if (!is_for_group_norm_cpu(norm, x)) return;
    const at::Tensor expected = by_libtorch(norm, x);
    CHECK(relative_error(norm(x), expected) < tolerance(dtype));
    CHECK(norm(x).is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK(relative_error(norm.activated(x), at::silu(expected)) < tolerance(dtype));
    for (const int64_t shifts : {int64_t{1}, shape.batch}) {
      const at::Tensor shift = (2 * at::randn({shifts, shape.channels})).to(dtype);
      const at::Tensor shifted = x.to(at::kFloat) + shift.to(at::kFloat).view({shifts, -1, 1, 1});
      CHECK(relative_error(norm.activated(x.clone(), shift), at::silu(by_libtorch(norm, shifted))) <
            tolerance(dtype));
    }
  }
}

TEST_CASE("a group norm's sums of parts are those of the whole") {
  const at::Tensor x = channels_last(at::randn({1, 6, 200, 30}));
  if (!is_for_group_norm_cpu(group_norm(2, 6, at::kFloat), x)) return;
  ChannelSums whole, parts;
  whole.add(x);
  for (const at::Tensor &part : x.split(70, 2)) parts.add(part);
  CHECK(parts.pixels == whole.pixels);
  REQUIRE(parts.values.size() == 12);
  for (size_t i = 0; i < whole.values.size(); ++i) {
    CHECK(parts.values[i] == Approx(whole.values[i]).margin(1e-3));
  }
}

TEST_CASE("SiLU is right far out, and what is no number stays none") {
  const GroupNorm norm = group_norm(1, 8, at::kFloat);
  at::Tensor x = channels_last(
      at::tensor({-1e30F, -200.F, -88.F, -0.F, 1e-30F, 88.F, 200.F, 1e30F}).view({1, 8, 1, 1}));
  if (!is_for_group_norm_cpu(norm, x)) return;
  const ChannelTransform same{std::vector<float>(8, 1), std::vector<float>(8, 0), true};
  at::Tensor out = at::empty_like(x);
  same.apply(x, out);
  CHECK(at::allclose(out, at::silu(x), 1e-6, 1e-7));
  for (const float odd : {std::nanf(""), HUGE_VALF}) {
    x.fill_(odd);
    same.apply(x, out);
    CHECK_FALSE(at::isfinite(out).any().item<bool>());
  }
}
