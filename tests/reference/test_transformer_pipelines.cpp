#include "error.hpp"
#include "model_copy.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <map>
#include <memory>
#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

const Pipeline &model_at(const std::filesystem::path &folder) {
  static std::map<std::string, std::unique_ptr<Pipeline>> loaded;
  std::unique_ptr<Pipeline> &pipeline = loaded[folder.string()];
  if (!pipeline) pipeline = load_pipeline(folder, {});
  return *pipeline;
}

// Checks the pictures of `model` against a case of `folder`.
void check_pictures(const Pipeline &model, const std::filesystem::path &folder,
                    const std::string &name) {
  INFO(folder.filename().string() << "/" << name);
  const ReferenceCase reference{folder / "reference" / name};
  const TextToImageResult result = model.generate(request_of(reference));
  const at::Tensor expected = reference.tensor("image");
  REQUIRE(result.images.sizes() == expected.sizes());
  CHECK(share_beyond_one(result.images, expected) <= kPictureTolerance);
  CHECK(result.scheduler == reference.json().at("scheduler").at("class_name"));
}

TextToImageRequest small_request(const std::string &prompt = "a red fox") {
  TextToImageRequest request;
  request.samples.emplace_back().prompt = prompt;
  request.samples.back().seed = 1;
  request.num_inference_steps = 1;
  request.width = request.height = 64;
  return request;
}

// The parameter that `model` refuses a request for; the message must name it, too.
std::string refused_parameter(const Pipeline &model, const TextToImageRequest &request) {
  try {
    model.generate(request);
    return "accepted";
  } catch (const Error &error) {
    CHECK_THAT(error.what(), ContainsSubstring(error.parameter()));
    return error.parameter();
  }
}

}  // namespace

TEST_CASE("SD 3 and FLUX draw the pictures that diffusers draws") {
  check_pictures(model_at(tiny_sd3()), tiny_sd3(), "default_flow");
  check_pictures(model_at(tiny_flux_dev()), tiny_flux_dev(), "default_dev");
  check_pictures(model_at(tiny_flux_dev()), tiny_flux_dev(), "true_cfg");
  check_pictures(model_at(tiny_flux_schnell()), tiny_flux_schnell(), "default_schnell");
}

TEST_CASE("SD 3 draws with a prompt for T5 alone and with skipped layers, as diffusers does") {
  check_pictures(model_at(tiny_sd3()), tiny_sd3(), "skipped_layers");
}

TEST_CASE("SD 3 and FLUX draw over pictures, as diffusers does") {
  check_pictures(model_at(tiny_sd3()), tiny_sd3(), "img2img");
  check_pictures(model_at(tiny_flux_dev()), tiny_flux_dev(), "img2img");
}

TEST_CASE("a picture that SD 3 begins from takes the model's size and defaults") {
  TextToImageRequest request = small_request();
  request.num_inference_steps.reset();
  request.width = request.height = 0;
  request.samples[0].image = at::full({50, 40, 3}, 90, at::kByte);
  request.strength = 0.01;
  int64_t steps = 0;
  RunCallbacks callbacks;
  callbacks.on_step = [&](int64_t, int64_t count) { steps = count; };
  const auto images = model_at(tiny_sd3()).generate(request, callbacks).images;
  CHECK(images.sizes() == at::IntArrayRef{1, 128, 128, 3});
  CHECK(steps == 1);
  request.strength = 0;
  CHECK(refused_parameter(model_at(tiny_sd3()), request) == "strength");
  request.strength.reset();
  model_at(tiny_sd3()).generate(request, callbacks);
  CHECK(steps == 30);  // 0.6 of 50
}

TEST_CASE("SD 3 draws without T5, as diffusers does") {
  const ModelCopy model{tiny_sd3()};
  model.patch_json("model_index.json",
                   {{"text_encoder_3", {nullptr, nullptr}}, {"tokenizer_3", {nullptr, nullptr}}});
  std::filesystem::remove_all(model / "text_encoder_3");
  std::filesystem::remove_all(model / "tokenizer_3");
  const auto pipeline = load_pipeline(model.path(), {});
  check_pictures(*pipeline, tiny_sd3(), "no_t5");
  TextToImageRequest request = small_request();
  request.samples[0].prompt_3 = "an owl";
  CHECK(refused_parameter(*pipeline, request) == "prompt_3");
}

TEST_CASE("a family has its own defaults") {
  CHECK(model_at(tiny_sd3()).family().num_inference_steps == 28);
  CHECK(model_at(tiny_sd3()).family().guidance_scale == 7.0);
  CHECK(model_at(tiny_sd3()).default_size() == 128);
  CHECK(model_at(tiny_sd3()).size_multiple() == 16);
  CHECK(model_at(tiny_flux_dev()).family().num_inference_steps == 28);
  CHECK(model_at(tiny_flux_dev()).family().guidance_scale == 3.5);
  CHECK(model_at(tiny_flux_dev()).default_size() == 1024);
  CHECK(model_at(tiny_flux_dev()).size_multiple() == 16);
}

TEST_CASE("what SD 3 and FLUX cannot draw names its parameter") {
  const Pipeline &sd3 = model_at(tiny_sd3()), &flux = model_at(tiny_flux_dev());
  TextToImageRequest request = small_request();
  request.width = 72;
  CHECK(refused_parameter(sd3, request) == "width");
  CHECK(refused_parameter(flux, request) == "width");
  request.width = 208;  // 13 tokens, of 12 that SD 3's table of positions has
  CHECK(refused_parameter(sd3, request) == "width");
  CHECK(refused_parameter(flux, request) == "accepted");

  request = small_request();
  request.max_sequence_length = 513;
  CHECK(refused_parameter(sd3, request) == "max_sequence_length");
  CHECK(refused_parameter(flux, request) == "max_sequence_length");
  request.max_sequence_length = 257;
  CHECK(refused_parameter(model_at(tiny_flux_schnell()), request) == "max_sequence_length");
  CHECK(refused_parameter(model_at(tiny_sd15()), request) == "max_sequence_length");

  request = small_request();
  request.samples[0].negative_prompt = "blurry";
  CHECK(refused_parameter(flux, request) == "negative_prompt");
  request.true_cfg_scale = 2;
  CHECK(refused_parameter(flux, request) == "accepted");
  CHECK(refused_parameter(sd3, request) == "true_cfg_scale");

  request = small_request();
  request.samples[0].prompt_3 = "an owl";
  CHECK(refused_parameter(sd3, request) == "accepted");
  CHECK(refused_parameter(flux, request) == "prompt_3");
  request = small_request();
  request.skip_layers.layers = {7};  // of 3 that the tiny model has
  CHECK(refused_parameter(sd3, request) == "skip_guidance_layers");
  CHECK(refused_parameter(flux, request) == "skip_guidance_layers");
  request.skip_layers.layers = {};
  request.skip_layers.scale = 1;
  CHECK(refused_parameter(sd3, request) == "skip_guidance_layers");
  request.skip_layers.layers = {0};
  CHECK(refused_parameter(sd3, request) == "accepted");
  request.samples[0].image = at::zeros({64, 64, 3}, at::kByte);
  CHECK(refused_parameter(sd3, request) == "skip_guidance_layers");

  request = small_request();
  request.scheduler.name = "euler_a";
  CHECK(refused_parameter(sd3, request) == "scheduler");
  CHECK(refused_parameter(flux, request) == "scheduler");

  request = small_request("<extra_id_0>");  // beyond the 1024 that the tiny models embed
  CHECK(refused_parameter(flux, request) == "prompt");
  request = small_request();
  request.num_inference_steps = int64_t{1} << 40;
  CHECK(refused_parameter(flux, request) == "num_inference_steps");
}

TEST_CASE("of a long prompt, what T5 leaves out is said to be cut") {
  std::string prompt = "owl";
  for (int i = 0; i < 200; ++i) prompt += ", owl";
  TextToImageRequest request = small_request(prompt);
  request.max_sequence_length = 20;
  for (const auto &folder : {tiny_sd3(), tiny_flux_dev()}) {
    const TextToImageResult result = model_at(folder).generate(request);
    REQUIRE(result.cut_prompts.size() == 1);
    CHECK(result.cut_prompts[0].parameter == "prompt");
    CHECK_THAT(result.cut_prompts[0].text, ContainsSubstring(", owl"));
  }
  request.samples[0].prompt_2 = prompt;
  request.samples[0].prompt = "owl";
  for (const auto &folder : {tiny_sd3(), tiny_flux_dev()}) {
    const TextToImageResult result = model_at(folder).generate(request);
    REQUIRE(result.cut_prompts.size() == 1);
    CHECK(result.cut_prompts[0].parameter == "prompt_2");
  }
  request.samples[0].prompt_2 = "";
  CHECK(model_at(tiny_sd3()).generate(request).cut_prompts.empty());

  request.samples[0].prompt_3 = prompt;
  const std::vector<CutPrompt> third = model_at(tiny_sd3()).generate(request).cut_prompts;
  REQUIRE(third.size() == 1);
  CHECK(third[0].parameter == "prompt_3");
  // Then CLIP alone reads the prompt.
  request.samples[0].prompt = prompt;
  request.samples[0].prompt_3 = "owl";
  const std::vector<CutPrompt> first = model_at(tiny_sd3()).generate(request).cut_prompts;
  REQUIRE(first.size() == 1);
  CHECK(first[0].parameter == "prompt");
}

TEST_CASE("a sample's picture does not depend on the samples beside it, in flows too") {
  for (const auto &folder : {tiny_sd3(), tiny_flux_dev()}) {
    TextToImageRequest request = small_request();
    request.samples.push_back(request.samples[0]);
    request.samples[1].prompt = "a blue tulip, glossy";
    request.samples[1].seed = 2;
    const at::Tensor both = model_at(folder).generate(request).images;
    request.samples.erase(request.samples.begin());
    const at::Tensor second = model_at(folder).generate(request).images;
    CHECK(share_beyond_one(both.slice(0, 1), second) <= kPictureTolerance);
  }
}

TEST_CASE("SD 3 and FLUX run in bfloat16") {
  LoadOptions options;
  options.dtype = "bfloat16";
  for (const auto &folder : {tiny_sd3(), tiny_flux_dev(), tiny_flux_schnell()}) {
    const at::Tensor images = load_pipeline(folder, options)->generate(small_request()).images;
    CHECK(images.sizes() == at::IntArrayRef{1, 64, 64, 3});
    CHECK(images.to(at::kFloat).std().item<float>() > 1);
  }
}

TEST_CASE("components of SD 3 that are not built, or do not fit, are refused by name") {
  const ModelCopy model{tiny_sd3()};
  const auto load = [&] { load_pipeline(model.path(), {}); };
  model.patch_json("transformer/config.json", {{"qk_norm", "layer_norm"}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("qk_norm"));
  model.patch_json("transformer/config.json",
                   {{"qk_norm", "rms_norm"}, {"dual_attention_layers", {3}}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("dual_attention_layers"));
  model.patch_json("transformer/config.json",
                   {{"dual_attention_layers", {0, 1}}, {"caption_projection_dim", 40}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("caption_projection_dim"));
  model.patch_json("transformer/config.json", {{"caption_projection_dim", 32}});
  model.patch_json("text_encoder_3/config.json", {{"feed_forward_proj", "relu"}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("feed_forward_proj"));
  model.patch_json("text_encoder_3/config.json", {{"feed_forward_proj", "gated-gelu"}});
  std::filesystem::remove(model / "tokenizer_3/spiece.model");
  CHECK_THROWS_WITH(load(), ContainsSubstring("tokenizer_3/spiece.model"));
}

TEST_CASE("components of FLUX that do not fit are refused by name") {
  const ModelCopy model{tiny_flux_dev()};
  const auto load = [&] { load_pipeline(model.path(), {}); };
  model.patch_json("transformer/config.json", {{"axes_dims_rope", {4, 6, 8}}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("axes_dims_rope"));
  model.patch_json("transformer/config.json", {{"axes_dims_rope", {4, 6, 6}}});
  std::filesystem::remove_all(model / "text_encoder_2");
  std::filesystem::copy(tiny_sd3() / "text_encoder_3", model / "text_encoder_2");
  CHECK_THROWS_WITH(load(), ContainsSubstring("joint_attention_dim"));
  model.patch_json("model_index.json", {{"text_encoder_2", {nullptr, nullptr}}});
  CHECK_THROWS_WITH(load(), ContainsSubstring("text_encoder_2"));
}
