#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "pipelines/starting_point.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/clip_text_model.hpp"
#include "text_encoders/clip_tokenizer.hpp"

#include <c10/core/InferenceMode.h>

using namespace pictor;
using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

// A text encoder and its tokenizer: text_encoder, or with the suffix "_2" the one that projects.
ClipTextModel::Output encode_xl(const std::string &suffix, const std::string &prompt) {
  const auto folder = tiny_sdxl() / ("text_encoder" + suffix);
  const ClipTextConfig config = read_clip_text_config(JsonFile{folder / "config.json"});
  Weights weights{folder, "model", {}};
  const auto projection =
      suffix.empty() ? ClipTextModel::Projection::no : ClipTextModel::Projection::yes;
  const ClipTextModel text_model{config, weights, projection};
  const ClipTokenizer tokenizer{tiny_sdxl() / ("tokenizer" + suffix),
                                config.max_position_embeddings};
  return text_model.with_pooled(at::tensor(tokenizer(prompt).ids).unsqueeze(0), 1);
}

Conditioning conditioning_of(const ReferenceCase &reference) {
  Conditioning conditioning{reference.tensor("unet_encoder_hidden_states")};
  if (reference.has("unet_text_embeds")) {
    conditioning.pooled = reference.tensor("unet_text_embeds");
    conditioning.time_ids = reference.tensor("unet_time_ids");
  }
  return conditioning;
}

AutoencoderKL load_vae(const std::filesystem::path &model) {
  Weights weights{model / "vae", "diffusion_pytorch_model", {}};
  return {read_autoencoder_config(JsonFile{model / "vae/config.json"}), weights};
}

// Hidden states of a prompt, computed as the pipeline does: [1, max_length, width].
at::Tensor encode(const std::filesystem::path &model, const std::string &prompt,
                  int64_t clip_skip) {
  const ClipTextConfig config = read_clip_text_config(JsonFile{model / "text_encoder/config.json"});
  Weights weights{model / "text_encoder", "model", {}};
  const ClipTextModel text_model{config, weights};
  const ClipTokenizer tokenizer{model / "tokenizer", config.max_position_embeddings};
  return text_model(at::tensor(tokenizer(prompt).ids).unsqueeze(0), clip_skip);
}

// What `reference` calls unet_encoder_hidden_states for its last sample, and for its negative
// prompt where there is guidance.
void check_hidden_states(const std::filesystem::path &model, const ReferenceCase &reference) {
  const at::Tensor expected = reference.tensor("unet_encoder_hidden_states");
  const at::Tensor positive = encode(model, reference.argument<std::string>("prompt", ""),
                                     reference.argument<int64_t>("clip_skip", 0));
  CHECK(relative_error(positive, expected.slice(0, -1)) < kComponentTolerance);
  if (reference.argument("guidance_scale", 7.5) <= 1) return;
  const at::Tensor negative =
      encode(model, reference.argument<std::string>("negative_prompt", ""), 0);
  CHECK(relative_error(negative, expected.slice(0, 0, 1)) < kComponentTolerance);
}

}  // namespace

TEST_CASE("the text encoder gives diffusers' hidden states") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    if (model_case.model == tiny_sdxl()) continue;
    check_hidden_states(model_case.model, ReferenceCase{model_case.stem});
  }
}

TEST_CASE("both text encoders of SDXL give diffusers' states and its pooled vector") {
  const c10::InferenceMode inference;
  const ReferenceCase reference{tiny_sdxl() / "reference/default_euler"};
  const at::Tensor states = reference.tensor("unet_encoder_hidden_states");
  const at::Tensor pooled = reference.tensor("unet_text_embeds");
  int64_t row = 0;
  for (const char *argument : {"negative_prompt", "prompt"}) {
    INFO(argument);
    const auto prompt = reference.argument<std::string>(argument, "");
    const ClipTextModel::Output first = encode_xl("", prompt), second = encode_xl("_2", prompt);
    CHECK(relative_error(at::cat({first.hidden, second.hidden}, 2), states.slice(0, row, row + 1)) <
          kComponentTolerance);
    CHECK(relative_error(second.pooled, pooled.slice(0, row, row + 1)) < kComponentTolerance);
    ++row;
  }
}

TEST_CASE("the unet predicts what diffusers predicts at each step") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    const ReferenceCase reference{model_case.stem};
    Weights weights{model_case.model / "unet", "diffusion_pytorch_model", {}};
    const UNet2DConditionModel unet{
        read_unet_config(JsonFile{model_case.model / "unet/config.json"}), weights};
    const Conditioning conditioning = conditioning_of(reference);
    const std::vector<double> timesteps = reference.model_timesteps();
    for (size_t i = 0; i < timesteps.size(); ++i) {
      INFO("step " << i);
      const std::string index = std::to_string(i);
      const at::Tensor output =
          unet(reference.tensor("unet_input_" + index), timesteps[i], conditioning);
      CHECK(relative_error(output, reference.tensor("unet_output_" + index)) < kComponentTolerance);
    }
  }
}

TEST_CASE("the vae decodes what diffusers decodes") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    const ReferenceCase reference{model_case.stem};
    const at::Tensor decoded = load_vae(model_case.model).decode(reference.tensor("vae_input"));
    CHECK(relative_error(decoded, reference.tensor("vae_output")) < kComponentTolerance);
  }
}

TEST_CASE("an image becomes the latents that diffusers begins from") {
  const c10::InferenceMode inference;
  const ReferenceCase reference{tiny_sd15() / "reference/img2img_ddim"};
  const AutoencoderKL vae = load_vae(tiny_sd15());
  TextToImageRequest request = request_of(reference);
  request.guidance_scale = 1;
  Noise noise{reference.seeds(), at::kFloat, at::kCPU};
  const nlohmann::json config = JsonFile{tiny_sd15() / "scheduler/scheduler_config.json"}.root();
  request.scheduler.name = "DDIMScheduler";
  request.scheduler.overrides = {{"clip_sample", false}};
  const ChosenScheduler chosen = choose_scheduler(config, request);
  const StartingPoint start = starting_point(request, {.vae = vae,
                                                       .chosen = chosen,
                                                       .noise = noise,
                                                       .callbacks = {},
                                                       .size = {128, 128},
                                                       .inpainting_unet = false});
  CHECK(start.calls.begin == 4);
  CHECK(relative_error(start.latents, reference.tensor("unet_input_0").slice(0, 0, 1)) <
        kComponentTolerance);
}
