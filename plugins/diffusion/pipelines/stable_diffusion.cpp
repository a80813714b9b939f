#include "pipelines/stable_diffusion.hpp"

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "pipelines/components.hpp"
#include "pipelines/decoding.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/pixels.hpp"
#include "pipelines/prompt_encoder.hpp"

#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

class StableDiffusion final : public Pipeline {
 public:
  StableDiffusion(const Placement &placement, PromptEncoder prompt_encoder,
                  UNet2DConditionModel unet, AutoencoderKL vae, nlohmann::json scheduler_config);

  int64_t default_size() const override {
    return unet_.config().sample_size.value_or(0) * vae_.config().scale();
  }
  int64_t size_multiple() const override { return vae_.config().scale(); }
  const FamilyTraits &family() const override;

 private:
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  Conditioning encode_prompts(const TextToImageRequest &request, std::vector<CutPrompt> &cut) const;
  at::Tensor first_latents(const TextToImageRequest &request, Noise &noise) const;

  PromptEncoder prompt_encoder_;
  UNet2DConditionModel unet_;
  AutoencoderKL vae_;
  nlohmann::json scheduler_config_;
};

StableDiffusion::StableDiffusion(const Placement &placement, PromptEncoder prompt_encoder,
                                 UNet2DConditionModel unet, AutoencoderKL vae,
                                 nlohmann::json scheduler_config)
    : Pipeline(placement),
      prompt_encoder_(std::move(prompt_encoder)),
      unet_(std::move(unet)),
      vae_(std::move(vae)),
      scheduler_config_(std::move(scheduler_config)) {
  for (const int64_t width : unet_.config().cross_attention_dim) {
    require_matching(width, prompt_encoder_.width(),
                     "the unet's cross_attention_dim and the text encoder's hidden_size");
  }
  require_matching(unet_.config().in_channels, vae_.config().latent_channels,
                   "the unet's in_channels and the vae's latent_channels");
  require_matching(unet_.config().out_channels, vae_.config().latent_channels,
                   "the unet's out_channels and the vae's latent_channels");
}

const FamilyTraits &StableDiffusion::family() const {
  static const FamilyTraits traits{
      .num_inference_steps = 50,
      .guidance_scale = 7.5,
      .parameters = {"negative_prompt", "guidance_rescale", "clip_skip"}};
  return traits;
}

TextToImageResult StableDiffusion::draw(const TextToImageRequest &request,
                                        const RunCallbacks &callbacks) const {
  const ChosenScheduler chosen = choose_scheduler(scheduler_config_, request);
  TextToImageResult result;
  result.scheduler = chosen.class_name;
  const Conditioning conditioning = encode_prompts(request, result.cut_prompts);
  Noise noise{seeds_of(request), placement().dtype, placement().device};
  const at::Tensor latents = first_latents(request, noise) * chosen.scheduler->init_noise_sigma();
  const auto predict = [&](const at::Tensor &x, double timestep) {
    return guided_output(
        x, request, [&](const at::Tensor &input) { return unet_(input, timestep, conditioning); });
  };
  const at::Tensor drawn = denoise(latents, {.scheduler = *chosen.scheduler,
                                             .noise = noise,
                                             .callbacks = callbacks,
                                             .predict = predict,
                                             .end = chosen.scheduler->timesteps().size()});
  result.images = decode_pictures(vae_, drawn, callbacks);
  return result;
}

// With guidance, the batch is twice as large: all negative prompts, then all prompts. As in
// diffusers, clip_skip concerns the prompts alone.
Conditioning StableDiffusion::encode_prompts(const TextToImageRequest &request,
                                             std::vector<CutPrompt> &cut) const {
  using Sample = TextToImageRequest::Sample;
  const at::Tensor positive =
      prompt_encoder_(texts_of(request, &Sample::prompt), request.clip_skip, "prompt", cut);
  if (!is_guided(request)) return {positive};
  const at::Tensor negative =
      prompt_encoder_(texts_of(request, &Sample::negative_prompt), 0, "negative_prompt", cut);
  return {at::cat({negative, positive})};
}

at::Tensor StableDiffusion::first_latents(const TextToImageRequest &request, Noise &noise) const {
  const int64_t scale = size_multiple();
  return noise.draw({unet_.config().in_channels,
                     resolve_side(request.height, default_size(), scale, "height") / scale,
                     resolve_side(request.width, default_size(), scale, "width") / scale});
}

}  // namespace

std::unique_ptr<Pipeline> load_stable_diffusion(const std::filesystem::path &folder,
                                                const LoadOptions &options) {
  const Placement placement = resolve_placement(options.device, options.dtype);
  Components components{folder, options, placement};
  const auto tokenizer = components.require("tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"});
  const auto text_encoder = components.require("text_encoder", {"CLIPTextModel"});
  const auto unet = components.require("unet", {"UNet2DConditionModel"});
  const auto vae = components.require("vae", {"AutoencoderKL"});
  Weights text_weights = components.open_weights(text_encoder, "model");
  Weights unet_weights = components.open_weights(unet, "diffusion_pytorch_model");
  Weights vae_weights = components.open_weights(vae, "diffusion_pytorch_model");

  const ClipTextConfig text_config = read_clip_text_config(JsonFile{text_encoder / "config.json"});
  PromptEncoder prompt_encoder{ClipTokenizer{tokenizer, text_config.max_position_embeddings},
                               ClipTextModel{text_config, text_weights}};
  UNet2DConditionModel unet_model{read_unet_config(JsonFile{unet / "config.json"}), unet_weights};
  AutoencoderKL vae_model{read_autoencoder_config(JsonFile{vae / "config.json"}), vae_weights};
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<StableDiffusion>(placement, std::move(prompt_encoder),
                                           std::move(unet_model), std::move(vae_model),
                                           scheduler.root());
}

}  // namespace pictor::diffusion
