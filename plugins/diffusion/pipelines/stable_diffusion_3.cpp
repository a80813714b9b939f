#include "pipelines/stable_diffusion_3.hpp"

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/sd3_transformer.hpp"
#include "error.hpp"
#include "pipelines/autoencoding.hpp"
#include "pipelines/components.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/flow_scheduler.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/sd3_text_encoders.hpp"
#include "pipelines/starting_point.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

class StableDiffusion3 final : public Pipeline {
 public:
  struct Networks {
    Sd3TextEncoders text_encoders;
    SD3Transformer2DModel transformer;
    AutoencoderKL vae;
    nlohmann::json scheduler_config;
  };

  StableDiffusion3(const Placement &placement, Networks networks);

  int64_t default_size() const override {
    return networks_.transformer.config().sample_size * networks_.vae.config().scale();
  }
  int64_t size_multiple() const override {
    return networks_.transformer.config().patch_size * networks_.vae.config().scale();
  }
  const FamilyTraits &family() const override { return family_; }

 private:
  void move_text_encoders(const at::TensorOptions &options) const override {
    networks_.text_encoders.to(options);
  }
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  void require_positions(int64_t side, const std::string &parameter) const;
  void require_layers(const TextToImageRequest &request) const;

  Networks networks_;
  FamilyTraits family_;
};

FamilyTraits traits(bool has_t5) {
  FamilyTraits family{
      .num_inference_steps = 28,
      .guidance_scale = 7.0,
      .parameters = {"negative_prompt", "prompt_2", "negative_prompt_2", "clip_skip",
                     "max_sequence_length", "skip_guidance_layers", "image", "strength"},
      .image_strength = 0.6,
      .image_num_inference_steps = 50,
      .has_image_size = false};
  if (has_t5) {
    family.parameters.insert(family.parameters.end(), {"prompt_3", "negative_prompt_3"});
  }
  return family;
}

StableDiffusion3::StableDiffusion3(const Placement &placement, Networks networks)
    : Pipeline(placement),
      networks_(std::move(networks)),
      family_(traits(networks_.text_encoders.has_t5())) {
  const SD3TransformerConfig &transformer = networks_.transformer.config();
  require_matching(transformer.in_channels, networks_.vae.config().latent_channels,
                   "the transformer's in_channels and the vae's latent_channels");
  require_matching(transformer.out_channels, networks_.vae.config().latent_channels,
                   "the transformer's out_channels and the vae's latent_channels");
}

// The rows of the prompts themselves, of conditioning that is guided.
Conditioning positive_half(const Conditioning &conditioning) {
  return {conditioning.encoder_hidden_states.chunk(2)[1], conditioning.pooled.chunk(2)[1]};
}

// Whether layers are skipped at call `i`. As in diffusers, calls are counted against steps.
bool skips_layers(const TextToImageRequest &request, size_t i, int64_t steps) {
  const SkipLayerGuidance &skip = request.skip_layers;
  const auto call = static_cast<double>(i), count = static_cast<double>(steps);
  return !skip.layers.empty() && is_guided(request) && call > count * skip.start &&
         call < count * skip.stop;
}

TextToImageResult StableDiffusion3::draw(const TextToImageRequest &request,
                                         const RunCallbacks &callbacks) const {
  if (request.vae_tiling) networks_.vae.require_tiles();
  require_layers(request);
  const PictureSize size = size_of(request);
  require_positions(size.height, "height");
  require_positions(size.width, "width");
  const int64_t tokens = (size.height / size_multiple()) * (size.width / size_multiple());
  const ChosenScheduler chosen = choose_flow_scheduler(
      networks_.scheduler_config, request, {.image_tokens = tokens, .own_sigmas = false});
  TextToImageResult result;
  result.scheduler = chosen.class_name;
  const Conditioning conditioning =
      networks_.text_encoders(request, result.cut_prompts).with_text_on(placement().options());

  Noise noise{seeds_of(request), placement().dtype, placement().device};
  const StartingPoint start = starting_point(request, {.vae = networks_.vae,
                                                       .chosen = chosen,
                                                       .noise = noise,
                                                       .callbacks = callbacks,
                                                       .size = size,
                                                       .partial_step = PartialStep::taken});
  const int64_t steps = step_count(chosen, request);
  const auto predict = [&](const at::Tensor &x, double timestep, size_t i) {
    const Prediction whole = diffusion::predict(x, request, [&](const at::Tensor &batch) {
      return networks_.transformer(batch, timestep, conditioning);
    });
    const at::Tensor output = guided(whole, request);
    if (!skips_layers(request, i, steps)) return output;
    const at::Tensor without =
        networks_.transformer(x, timestep, positive_half(conditioning), request.skip_layers.layers);
    return output + request.skip_layers.scale * (whole.positive - without.to(at::kFloat));
  };
  const at::Tensor latents = denoise(start.latents, {.scheduler = *chosen.scheduler,
                                                     .noise = noise,
                                                     .callbacks = callbacks,
                                                     .predict = predict,
                                                     .calls = start.calls});
  if (request.output_latents) {
    result.latents = latents;
  } else {
    result.images = decode_pictures(networks_.vae, latents, request, callbacks);
  }
  return result;
}

void StableDiffusion3::require_positions(int64_t side, const std::string &parameter) const {
  const int64_t most = networks_.transformer.config().pos_embed_max_size * size_multiple();
  if (side <= most) return;
  throw Error{ErrorKind::invalid_argument,
              parameter + " = " + std::to_string(side) + " is more than the " +
                  std::to_string(most) + " pixels that this model has positions for",
              parameter};
}

void StableDiffusion3::require_layers(const TextToImageRequest &request) const {
  const std::string parameter = "skip_guidance_layers";
  const int64_t count = networks_.transformer.config().num_layers;
  for (const int64_t layer : request.skip_layers.layers) {
    if (layer >= 0 && layer < count) continue;
    throw Error{ErrorKind::invalid_argument,
                parameter + ": " + std::to_string(layer) + " is not between 0 and " +
                    std::to_string(count - 1) + ", this model's layers",
                parameter};
  }
  if (request.skip_layers.layers.empty() || !has_image(request)) return;
  throw Error{ErrorKind::unsupported,
              parameter +
                  ": it is for pictures from text alone, as in diffusers; leave it out "
                  "where there is an image",
              parameter};
}

}  // namespace

std::unique_ptr<Pipeline> load_stable_diffusion_3(const std::filesystem::path &folder,
                                                  const LoadOptions &options) {
  const Placement &placement = options.placement;
  const Rounding blocks = rounding_of(options.quantization, placement);
  Components components{folder, options, placement};
  const auto clip_tokenizer = [&](const std::string &name) {
    return components.require(name, {"CLIPTokenizer", "CLIPTokenizerFast"});
  };
  const auto tokenizer = clip_tokenizer("tokenizer"), tokenizer_2 = clip_tokenizer("tokenizer_2");
  const auto text_encoder = components.require("text_encoder", {"CLIPTextModelWithProjection"});
  const auto text_encoder_2 = components.require("text_encoder_2", {"CLIPTextModelWithProjection"});
  const auto transformer = components.require("transformer", {"SD3Transformer2DModel"});
  const auto vae = components.require("vae", {"AutoencoderKL"});
  Weights text_weights = components.open_text_encoder(text_encoder);
  Weights text_weights_2 = components.open_text_encoder(text_encoder_2);
  std::optional<Weights> t5_weights;
  std::filesystem::path t5_tokenizer, t5;
  if (components.has("text_encoder_3")) {
    t5_tokenizer = components.require("tokenizer_3", {"T5TokenizerFast", "T5Tokenizer"});
    t5 = components.require("text_encoder_3", {"T5EncoderModel"});
    t5_weights.emplace(components.open_text_encoder(t5));
  }
  Weights transformer_weights = components.open_weights(transformer, "diffusion_pytorch_model");
  Weights vae_weights = components.open_weights(vae, "diffusion_pytorch_model");

  std::optional<T5PromptEncoder> t5_encoder;
  if (t5_weights) {
    t5_encoder.emplace(T5Tokenizer{t5_tokenizer},
                       T5EncoderModel{read_t5_config(JsonFile{t5 / "config.json"}), *t5_weights});
  }
  constexpr auto projection = ClipTextModel::Projection::yes;
  const SD3TransformerConfig transformer_config =
      read_sd3_transformer_config(JsonFile{transformer / "config.json"});
  SD3Transformer2DModel transformer_model{transformer_config, transformer_weights, blocks};
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<StableDiffusion3>(
      placement,
      StableDiffusion3::Networks{
          Sd3TextEncoders{
              load_prompt_encoder(tokenizer, text_encoder, text_weights, projection),
              load_prompt_encoder(tokenizer_2, text_encoder_2, text_weights_2, projection),
              std::move(t5_encoder), transformer_config.joint_attention_dim,
              transformer_config.pooled_projection_dim},
          std::move(transformer_model),
          AutoencoderKL{read_autoencoder_config(JsonFile{vae / "config.json"}), vae_weights},
          scheduler.root()});
}

}  // namespace pictor::diffusion
