#include "pipelines/pipeline.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <map>
#include <memory>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

TextToImageRequest to_request(const ReferenceCase &reference) {
  TextToImageRequest request;
  for (const uint64_t seed : reference.seeds()) {
    request.samples.push_back({reference.argument<std::string>("prompt", ""),
                               reference.argument<std::string>("negative_prompt", ""), seed});
  }
  request.width = reference.argument<int64_t>("width", 0);
  request.height = reference.argument<int64_t>("height", 0);
  request.num_inference_steps = reference.argument<int64_t>("num_inference_steps", 50);
  request.guidance_scale = reference.argument("guidance_scale", 7.5);
  request.clip_skip = reference.argument<int64_t>("clip_skip", 0);

  const nlohmann::json &scheduler = reference.json().at("scheduler");
  request.scheduler.name = scheduler.at("class_name");
  if (scheduler.value("use_karras_sigmas", false)) request.scheduler.sigma_schedule = "karras";
  for (const char *key : {"timestep_spacing", "clip_sample"}) {
    const bool read =
        key != std::string{"clip_sample"} || request.scheduler.name == "DDIMScheduler";
    if (read && scheduler.contains(key)) request.scheduler.overrides[key] = scheduler.at(key);
  }
  return request;
}

// The share of channel values that differ by more than one.
double share_beyond_one(const at::Tensor &actual, const at::Tensor &expected) {
  const at::Tensor difference = (actual.to(at::kInt) - expected.to(at::kInt)).abs();
  return (difference > 1).to(at::kDouble).mean().item<double>();
}

const Pipeline &model_at(const std::filesystem::path &folder) {
  static std::map<std::string, std::unique_ptr<Pipeline>> loaded;
  std::unique_ptr<Pipeline> &pipeline = loaded[folder.string()];
  if (!pipeline) pipeline = load_pipeline(folder, {});
  return *pipeline;
}

}  // namespace

TEST_CASE("a seed draws the picture that diffusers draws from it") {
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    const ReferenceCase reference{model_case.stem};
    const TextToImageResult result = model_at(model_case.model).generate(to_request(reference));
    const at::Tensor expected = reference.tensor("image");
    REQUIRE(result.images.sizes() == expected.sizes());
    REQUIRE(result.images.scalar_type() == at::kByte);
    CHECK(result.images.is_contiguous());
    CHECK(share_beyond_one(result.images, expected) <= 0.001);
    CHECK(result.scheduler == reference.json().at("scheduler").at("class_name"));
  }
}

TEST_CASE("a sample's picture does not depend on the samples drawn beside it") {
  const Pipeline &pipeline = model_at(tiny_sd15());
  TextToImageRequest request;
  request.num_inference_steps = 3;
  request.scheduler.name = "euler_a";  // draws noise at each step
  request.samples = {{"a red fox", "", 11}, {"a blue tulip, glossy", "blurry", 12}};
  const at::Tensor both = pipeline.generate(request).images;
  request.samples.erase(request.samples.begin());
  const at::Tensor second = pipeline.generate(request).images;
  CHECK(share_beyond_one(both.slice(0, 1), second) <= 0.001);
}

TEST_CASE("the end of a long prompt is cut, and said to be") {
  std::string prompt = "owl";
  for (int i = 0; i < 76; ++i) prompt += ", owl";
  TextToImageRequest request;
  request.num_inference_steps = 1;
  request.samples = {{"owl", prompt, 1}, {prompt, "", 2}};
  const TextToImageResult result = model_at(tiny_sd15()).generate(request);
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
  const TextToImageResult result = model_at(tiny_sd15()).generate(request);
  CHECK(result.images.sizes() == at::IntArrayRef{1, 72, 104, 3});
}
