#include "pipelines/stable_diffusion.hpp"

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "error.hpp"
#include "pipelines/components.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/noise.hpp"
#include "pipelines/pixels.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "schedulers/scheduler.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

// Pixels that the decoder takes at once: its activations are the peak of memory, and one picture of
// this size keeps a CPU busy by itself.
constexpr int64_t kPixelsDecodedAtOnce = 512 * 512;

class StableDiffusion final : public Pipeline {
 public:
  StableDiffusion(const Placement &placement, PromptEncoder prompt_encoder,
                  UNet2DConditionModel unet, AutoencoderKL vae, nlohmann::json scheduler_config);

  int64_t default_size() const override {
    return unet_.config().sample_size.value_or(0) * vae_.config().scale();
  }
  int64_t size_multiple() const override { return vae_.config().scale(); }

 private:
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  Conditioning encode_prompts(const TextToImageRequest &request, std::vector<CutPrompt> &cut) const;
  at::Tensor denoise(const TextToImageRequest &request, const Conditioning &conditioning,
                     const Scheduler &scheduler, const RunCallbacks &callbacks) const;
  at::Tensor predict(const at::Tensor &latents, double timestep, const Conditioning &conditioning,
                     const TextToImageRequest &request, const std::string &place) const;
  at::Tensor decode(const at::Tensor &latents, const RunCallbacks &callbacks) const;

  PromptEncoder prompt_encoder_;
  UNet2DConditionModel unet_;
  AutoencoderKL vae_;
  nlohmann::json scheduler_config_;
};

bool is_guided(const TextToImageRequest &request) {
  return request.guidance_scale > 1;
}

void stop_if_cancelled(const RunCallbacks &callbacks) {
  if (callbacks.cancelled && callbacks.cancelled()) throw Cancelled{};
}

void require_matching(int64_t a, int64_t b, const std::string &what) {
  if (a == b) return;
  throw Error{ErrorKind::invalid_argument,
              "the model's components do not fit together: " + what + " (" + std::to_string(a) +
                  " and " + std::to_string(b) + ")",
              "model"};
}

void require_range(double value, double low, double high, const std::string &parameter) {
  if (value >= low && value <= high) return;
  throw Error{ErrorKind::invalid_argument,
              parameter + " = " + std::to_string(value) + " is not between " + std::to_string(low) +
                  " and " + std::to_string(high),
              parameter};
}

std::vector<std::string> prompts_of(const TextToImageRequest &request,
                                    std::string TextToImageRequest::Sample::*field) {
  std::vector<std::string> prompts;
  for (const auto &sample : request.samples) prompts.push_back(sample.*field);
  return prompts;
}

std::vector<uint64_t> seeds_of(const TextToImageRequest &request) {
  std::vector<uint64_t> seeds;
  for (const auto &sample : request.samples) seeds.push_back(sample.seed);
  return seeds;
}

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

TextToImageResult StableDiffusion::draw(const TextToImageRequest &request,
                                        const RunCallbacks &callbacks) const {
  constexpr double kLargestGuidance = 1000;
  if (request.samples.empty()) throw Error{ErrorKind::invalid_argument, "no samples asked for"};
  require_range(request.guidance_scale, 0, kLargestGuidance, "guidance_scale");
  require_range(request.guidance_rescale, 0, 1, "guidance_rescale");
  stop_if_cancelled(callbacks);

  const nlohmann::json config = scheduler_config(scheduler_config_, request.scheduler);
  const std::unique_ptr<Scheduler> scheduler = make_scheduler(
      "", config, {request.num_inference_steps, request.timesteps, request.sigmas, request.eta});

  TextToImageResult result;
  result.scheduler = config.at("_class_name").get<std::string>();
  const Conditioning conditioning = encode_prompts(request, result.cut_prompts);
  result.images = decode(denoise(request, conditioning, *scheduler, callbacks), callbacks);
  return result;
}

// With guidance, the batch is twice as large: all negative prompts, then all prompts. As in
// diffusers, clip_skip concerns the prompts alone.
Conditioning StableDiffusion::encode_prompts(const TextToImageRequest &request,
                                             std::vector<CutPrompt> &cut) const {
  using Sample = TextToImageRequest::Sample;
  const at::Tensor positive =
      prompt_encoder_(prompts_of(request, &Sample::prompt), request.clip_skip, "prompt", cut);
  if (!is_guided(request)) return {positive};
  const at::Tensor negative =
      prompt_encoder_(prompts_of(request, &Sample::negative_prompt), 0, "negative_prompt", cut);
  return {at::cat({negative, positive})};
}

at::Tensor StableDiffusion::denoise(const TextToImageRequest &request,
                                    const Conditioning &conditioning, const Scheduler &scheduler,
                                    const RunCallbacks &callbacks) const {
  const int64_t scale = size_multiple();
  const std::vector<int64_t> shape{
      unet_.config().in_channels,
      resolve_side(request.height, default_size(), scale, "height") / scale,
      resolve_side(request.width, default_size(), scale, "width") / scale};
  const std::vector<double> &timesteps = scheduler.timesteps();

  Noise noise{seeds_of(request), placement().dtype, placement().device};
  Scheduler::History history;
  at::Tensor latents = noise.draw(shape) * scheduler.init_noise_sigma();
  for (size_t i = 0; i < timesteps.size(); ++i) {
    stop_if_cancelled(callbacks);
    const std::string place =
        " at step " + std::to_string(i + 1) + " of " + std::to_string(timesteps.size());
    const at::Tensor output = predict(scheduler.scale_model_input(latents, i), timesteps[i],
                                      conditioning, request, place);
    const at::Tensor step_noise = scheduler.needs_noise(i) ? noise.draw(shape) : at::Tensor{};
    latents = scheduler.step(output, latents, i, step_noise, history);
    require_finite(latents, "the scheduler's output" + place);
    if (callbacks.on_step) {
      callbacks.on_step(static_cast<int64_t>(i) + 1, static_cast<int64_t>(timesteps.size()));
    }
  }
  return latents;
}

at::Tensor StableDiffusion::predict(const at::Tensor &latents, double timestep,
                                    const Conditioning &conditioning,
                                    const TextToImageRequest &request,
                                    const std::string &place) const {
  const bool guided = is_guided(request);
  const at::Tensor input = guided ? at::cat({latents, latents}) : latents;
  const at::Tensor output = unet_(input, timestep, conditioning).to(at::kFloat).contiguous();
  require_finite(output, "the unet's output" + place);
  if (!guided) return output;
  const std::vector<at::Tensor> halves = output.chunk(2);
  return guide(halves[0], halves[1], request.guidance_scale, request.guidance_rescale);
}

at::Tensor StableDiffusion::decode(const at::Tensor &latents, const RunCallbacks &callbacks) const {
  const int64_t pixels = latents.size(2) * latents.size(3) * size_multiple() * size_multiple();
  const int64_t at_once = std::max<int64_t>(1, kPixelsDecodedAtOnce / pixels);
  std::vector<at::Tensor> images;
  for (const at::Tensor &group : vae_.unscale(latents).split(at_once)) {
    stop_if_cancelled(callbacks);
    const at::Tensor decoded = vae_.decode(group);
    require_finite(decoded, "the vae's output");
    images.push_back(to_pixels(decoded));
  }
  return at::cat(images);
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
