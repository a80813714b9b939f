#include "pipelines/pipeline.hpp"
#include "pipelines/refining.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <map>
#include <memory>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

const Pipeline &picture_model_at(const std::filesystem::path &folder) {
  static std::map<std::string, std::unique_ptr<Pipeline>> loaded;
  std::unique_ptr<Pipeline> &pipeline = loaded[folder.string()];
  if (!pipeline) pipeline = load_pipeline(folder, {});
  return *pipeline;
}

void check_picture(const ModelCase &model_case) {
  INFO(model_case.name);
  const ReferenceCase reference{model_case.stem};
  const TextToImageResult result =
      picture_model_at(model_case.model).generate(request_of(reference));
  const at::Tensor expected = reference.tensor("image");
  REQUIRE(result.images.sizes() == expected.sizes());
  REQUIRE(result.images.scalar_type() == at::kByte);
  CHECK(result.images.is_contiguous());
  CHECK(share_beyond_one(result.images, expected) <= kPictureTolerance);
  CHECK(result.scheduler == reference.json().at("scheduler").at("class_name"));
}

}  // namespace

TEST_CASE("a seed draws the picture that diffusers draws from it") {
  for (const ModelCase &model_case : text_to_image_cases()) check_picture(model_case);
}

TEST_CASE("an image, masked or not, becomes the picture that diffusers makes of it") {
  for (const ModelCase &model_case : image_cases()) check_picture(model_case);
}

TEST_CASE("a sample's picture does not depend on the samples drawn beside it") {
  const Pipeline &pipeline = picture_model_at(tiny_sd15());
  TextToImageRequest request;
  request.num_inference_steps = 3;
  request.scheduler.name = "euler_a";  // draws noise at each step
  request.samples = {{"a red fox", "", 11}, {"a blue tulip, glossy", "blurry", 12}};
  const at::Tensor both = pipeline.generate(request).images;
  request.samples.erase(request.samples.begin());
  const at::Tensor second = pipeline.generate(request).images;
  CHECK(share_beyond_one(both.slice(0, 1), second) <= kPictureTolerance);
}

TEST_CASE("a refiner goes on where the model has stopped") {
  // The model is its own refiner here, so that both together draw what it draws alone.
  const Pipeline &pipeline = picture_model_at(tiny_sdxl());
  TextToImageRequest request;
  request.width = request.height = 64;
  request.num_inference_steps = 6;
  request.samples = {{"a red fox", "", 21}, {"a blue tulip", "blurry", 22}};
  const at::Tensor alone = pipeline.generate(request).images;
  request.denoising_end = 0.5;
  CHECK(share_beyond_one(pipeline.generate(request).images, alone) > 0.1);

  std::vector<int64_t> steps;
  RunCallbacks callbacks;
  callbacks.on_step = [&](int64_t step, int64_t count) {
    CHECK(count == 6);
    steps.push_back(step);
  };
  CHECK_NOTHROW(require_refinable(pipeline, pipeline));
  CHECK_THROWS_WITH(require_refinable(picture_model_at(tiny_sd15()), pipeline),
                    ContainsSubstring("Stable Diffusion XL"));
  const at::Tensor refined = generate_refined(pipeline, pipeline, request, callbacks).images;
  CHECK(share_beyond_one(refined, alone) <= kPictureTolerance);
  CHECK(steps == std::vector<int64_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("images of one size share a batch, and each is drawn as if alone") {
  const Pipeline &pipeline = picture_model_at(tiny_sd15());
  TextToImageRequest request;
  request.num_inference_steps = 4;
  request.scheduler.name = "euler_a";
  request.samples = {{"a red fox", "", 11}, {"a blue tulip, glossy", "blurry", 12}};
  request.samples[0].image = at::full({64, 96, 3}, 40, at::kByte);
  request.samples[1].image = at::full({64, 96, 3}, 200, at::kByte);
  for (TextToImageRequest::Sample &sample : request.samples) {
    sample.mask_image = at::zeros({64, 96, 3}, at::kByte);
    sample.mask_image.slice(0, 0, 32).fill_(255);
  }
  request.height = 64;
  request.width = 96;
  const at::Tensor both = pipeline.generate(request).images;
  request.samples.erase(request.samples.begin());
  CHECK(share_beyond_one(both.slice(0, 1), pipeline.generate(request).images) <= kPictureTolerance);
}

TEST_CASE("the end of a long prompt is cut, and said to be") {
  std::string prompt = "owl";
  for (int i = 0; i < 76; ++i) prompt += ", owl";
  TextToImageRequest request;
  request.num_inference_steps = 1;
  request.samples = {{"owl", prompt, 1}, {prompt, "", 2}};
  const TextToImageResult result = picture_model_at(tiny_sd15()).generate(request);
  REQUIRE(result.cut_prompts.size() == 2);
  CHECK(result.cut_prompts[0].parameter == "prompt");
  CHECK(result.cut_prompts[0].sample == 1);
  CHECK(result.cut_prompts[1].parameter == "negative_prompt");
  CHECK(result.cut_prompts[1].sample == 0);
  const std::string &cut = result.cut_prompts[0].text;
  REQUIRE(cut.size() > 3);
  CHECK(cut.size() < prompt.size());
  CHECK(cut.substr(cut.size() - 3) == "owl");
}

TEST_CASE("latents of any size pass the unet") {
  TextToImageRequest request;
  request.num_inference_steps = 1;
  request.samples = {{"fox", "", 1}};
  request.width = 8 * 13;  // 13, 7, 4 and 2 latent pixels on the unet's levels
  request.height = 8 * 9;
  const TextToImageResult result = picture_model_at(tiny_sd15()).generate(request);
  CHECK(result.images.sizes() == at::IntArrayRef{1, 72, 104, 3});
}
