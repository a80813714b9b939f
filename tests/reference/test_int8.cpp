#include "error.hpp"
#include "layers/int8_product.hpp"
#include "layers/rounding.hpp"
#include "pipelines/device.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

#include <cmath>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

TextToImageResult drawn(const std::filesystem::path &model, const std::string &quantization,
                        const std::string &dtype = "float32") {
  LoadOptions options;
  options.quantization = quantization;
  options.dtype = dtype;
  TextToImageRequest request;
  request.samples = {{"a red fox", "", 1}, {"a blue tulip", "", 2}};
  request.num_inference_steps = 8;
  request.width = request.height = 64;
  return load_pipeline(model, options)->generate(request);
}

}  // namespace

TEST_CASE("a matrix of int8 comes near its product") {
  if (!has_int8_kernels()) return;
  const c10::InferenceMode inference;
  at::manual_seed(3);
  const at::Tensor weight = at::randn({48, 64}), bias = at::randn({48}), x = at::randn({2, 7, 64});
  const at::Tensor exact = at::linear(x, weight, bias);
  const at::Tensor near = Int8Matrix{weight, bias}(x);
  CHECK(near.sizes() == exact.sizes());
  CHECK((near - exact).norm().item<double>() < 0.03 * exact.norm().item<double>());
  CHECK_FALSE(near.equal(exact));
  CHECK(relative_error(Int8Matrix{weight, {}}(x), at::linear(x, weight)) < 0.05);
  CHECK(Int8Matrix{weight, bias}(x.to(at::kBFloat16)).scalar_type() == at::kBFloat16);
}

TEST_CASE("a convolution of int8 comes near its product") {
  if (!has_int8_kernels()) return;
  const c10::InferenceMode inference;
  at::manual_seed(4);
  const at::Tensor weight = at::randn({24, 16, 3, 3}), bias = at::randn({24});
  const at::Tensor x =
      at::silu(at::randn({2, 16, 9, 7})).contiguous(at::MemoryFormat::ChannelsLast);
  for (const int64_t stride : {1, 2}) {
    const at::Tensor exact = at::conv2d(x, weight, bias, stride, 1);
    const Int8Convolution convolution{weight, bias, stride, 1};
    const at::Tensor near = convolution(x);
    CHECK(near.sizes() == exact.sizes());
    CHECK(near.is_contiguous(at::MemoryFormat::ChannelsLast));
    CHECK((near - exact).norm().item<double>() < 0.03 * exact.norm().item<double>());
    CHECK_FALSE(near.equal(exact));
    CHECK(convolution(x.to(at::kBFloat16)).scalar_type() == at::kBFloat16);
  }
}

TEST_CASE("inputs are rounded to bytes between their least and their largest value") {
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  at::manual_seed(5);
  const at::Tensor x =
      at::randn({3, 5, 40, 40}).to(dtype).contiguous(at::MemoryFormat::ChannelsLast);
  const RoundedInput input = round_input(x);
  CHECK(input.values.strides() == x.strides());
  CHECK(input.values.min().item<int>() == 0);
  CHECK(input.values.max().item<int>() == 255);
  const at::Tensor back = (input.values.to(at::kFloat) - input.zero_point) * input.scale;
  CHECK((back - x.to(at::kFloat)).abs().max().item<double>() <= 1.01 * input.scale);

  CHECK(round_input(x.abs() + 1).zero_point == 0);
  CHECK(round_input(-x.abs() - 1).zero_point == 255);
  CHECK(round_input(at::zeros({4}, x.options())).values.equal(at::zeros({4}, at::kByte)));
  for (const double odd : {std::nan(""), HUGE_VAL}) {
    CHECK_FALSE(std::isfinite(round_input(at::full({4}, odd, x.options())).scale));
  }
}

TEST_CASE("weights are rounded with a scale for each output") {
  const auto dtype = GENERATE(at::kFloat, at::kBFloat16);
  at::manual_seed(6);
  const at::Tensor random = at::randn({6, 16, 3, 3}) * at::arange(6).view({6, 1, 1, 1});  // [0]: 0
  const at::Tensor weight = random.to(dtype).contiguous(at::MemoryFormat::ChannelsLast);
  const RoundedWeight rounded = round_weight(weight);
  CHECK(rounded.values.strides() == weight.strides());
  const at::Tensor scales = rounded.scales.view({6, 1, 1, 1});
  const at::Tensor off = rounded.values.to(at::kFloat) * scales - weight.to(at::kFloat);
  CHECK((off.abs() <= 0.501 * scales).all().item<bool>());
  CHECK(rounded.values[0].eq(0).all().item<bool>());
  CHECK(rounded.values.slice(0, 1).to(at::kInt).abs().amax({1, 2, 3}).eq(127).all().item<bool>());
}

TEST_CASE("every family draws with int8, and pictures stay near the exact ones") {
  if (!has_int8_kernels()) {
    CHECK_THROWS_WITH(drawn(tiny_sd15(), "int8"), ContainsSubstring("quantization: "));
    return;
  }
  for (const auto &model : {emoji(), tiny_sdxl(), tiny_sd3(), tiny_flux_dev()}) {
    INFO(model.string());
    const at::Tensor exact = drawn(model, "none").images, near = drawn(model, "int8").images;
    CHECK(share_beyond_one(near, exact) > 0);
    CHECK((near.to(at::kFloat) - exact.to(at::kFloat)).abs().mean().item<double>() < 16);
  }
  CHECK(drawn(tiny_sd15(), "int8", "bfloat16").images.sizes() == at::IntArrayRef{2, 64, 64, 3});
}

TEST_CASE("a quantization that is not built is refused") {
  CHECK_THROWS_WITH(drawn(tiny_sd15(), "int4"), ContainsSubstring("quantization 'int4'"));
  CHECK_THROWS_WITH(rounding_of("int8", {at::Device{at::kCUDA, 0}, at::kHalf}),
                    ContainsSubstring("GPU"));
}
