#include "error.hpp"
#include "layers/int8_matrix.hpp"
#include "pipelines/device.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

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
  CHECK_THROWS_WITH(wants_int8("int8", {at::Device{at::kCUDA, 0}, at::kHalf}),
                    ContainsSubstring("GPU"));
}
