#include "pipelines/stable_diffusion.hpp"

#include "pipelines/components.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/prompt_pair.hpp"
#include "pipelines/unet_pipeline.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

class StableDiffusion final : public UNetPipeline {
 public:
  StableDiffusion(const Placement &placement, PromptEncoder prompt_encoder,
                  UNet2DConditionModel unet, AutoencoderKL vae, nlohmann::json scheduler_config);

 private:
  void move_text_encoders(const at::TensorOptions &options) const override {
    prompt_encoder_.to(options);
  }
  int64_t count_prompt_chunks(const TextToImageRequest &request) const override;
  Conditioning condition(const TextToImageRequest &request, const PictureSize &size,
                         std::vector<CutPrompt> &cut) const override;

  PromptEncoder prompt_encoder_;
};

FamilyTraits traits() {
  return {.num_inference_steps = 50,
          .guidance_scale = 7.5,
          .parameters = {"negative_prompt", "guidance_rescale", "clip_skip", "image", "mask_image",
                         "strength", "long_prompts", "prompt_weights", "step_cache"}};
}

StableDiffusion::StableDiffusion(const Placement &placement, PromptEncoder prompt_encoder,
                                 UNet2DConditionModel unet, AutoencoderKL vae,
                                 nlohmann::json scheduler_config)
    : UNetPipeline(placement, {std::move(unet), std::move(vae), std::move(scheduler_config)},
                   traits(), prompt_encoder.width()),
      prompt_encoder_(std::move(prompt_encoder)) {
  require_matching(unet_config().added_features, 0,
                   "the unet's projection_class_embeddings_input_dim and what Stable Diffusion "
                   "1.x and 2.x have of it");
}

int64_t StableDiffusion::count_prompt_chunks(const TextToImageRequest &request) const {
  if (!request.long_prompts_in_chunks) return 1;
  int64_t most = 1;
  for (const PromptPair &pair : prompt_pairs(request)) {
    most = std::max(most, prompt_encoder_.count_chunks(texts_of(request, pair.text),
                                                       request.prompt_weights, pair.name));
  }
  return most;
}

// As in diffusers, clip_skip concerns the prompts alone.
Conditioning StableDiffusion::condition(const TextToImageRequest &request, const PictureSize &,
                                        std::vector<CutPrompt> &cut) const {
  using Sample = TextToImageRequest::Sample;
  const PromptLayout layout{count_prompt_chunks(request), request.prompt_weights};
  const at::Tensor positive =
      prompt_encoder_(texts_of(request, &Sample::prompt), request.clip_skip, "prompt", cut, layout);
  if (!is_guided(request)) return {positive};
  const at::Tensor negative = prompt_encoder_(texts_of(request, &Sample::negative_prompt), 0,
                                              "negative_prompt", cut, layout);
  return {at::cat({negative, positive})};
}

}  // namespace

std::unique_ptr<Pipeline> load_stable_diffusion(const std::filesystem::path &folder,
                                                const LoadOptions &options) {
  const Placement &placement = options.placement;
  const Rounding blocks = rounding_of(options.quantization, placement);
  Components components{folder, options, placement};
  const auto tokenizer = components.require("tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"});
  const auto text_encoder = components.require("text_encoder", {"CLIPTextModel"});
  const auto unet = components.require("unet", {"UNet2DConditionModel"});
  const auto vae = components.require("vae", {"AutoencoderKL"});
  Weights text_weights = components.open_text_encoder(text_encoder);
  Weights unet_weights = components.open_weights(unet, "diffusion_pytorch_model");
  Weights vae_weights = components.open_weights(vae, "diffusion_pytorch_model");

  PromptEncoder prompt_encoder = load_prompt_encoder(tokenizer, text_encoder, text_weights);
  UNet2DConditionModel unet_model{read_unet_config(JsonFile{unet / "config.json"}), unet_weights,
                                  blocks};
  AutoencoderKL vae_model{read_autoencoder_config(JsonFile{vae / "config.json"}), vae_weights};
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<StableDiffusion>(placement, std::move(prompt_encoder),
                                           std::move(unet_model), std::move(vae_model),
                                           scheduler.root());
}

}  // namespace pictor::diffusion
