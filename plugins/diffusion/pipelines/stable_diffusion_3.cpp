#include "pipelines/stable_diffusion_3.hpp"

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/sd3_transformer.hpp"
#include "error.hpp"
#include "pipelines/autoencoding.hpp"
#include "pipelines/components.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/flow_scheduler.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/image_input.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/prompt_pair.hpp"
#include "pipelines/t5_prompt_encoder.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr int64_t kSequenceLength = 256, kLongestSequence = 512;

class StableDiffusion3 final : public Pipeline {
 public:
  struct Networks {
    PromptEncoder text_encoder;
    PromptEncoder text_encoder_2;
    std::optional<T5PromptEncoder> text_encoder_3;
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
  const FamilyTraits &family() const override;

 private:
  void move_text_encoders(const at::TensorOptions &options) const override;
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  void require_positions(int64_t side, const std::string &parameter) const;
  Conditioning condition(const TextToImageRequest &request, std::vector<CutPrompt> &cut) const;
  ClipTextModel::Output encode(const TextToImageRequest &request, const PromptPair &texts,
                               int64_t clip_skip, std::vector<CutPrompt> &cut) const;

  Networks networks_;
};

StableDiffusion3::StableDiffusion3(const Placement &placement, Networks networks)
    : Pipeline(placement), networks_(std::move(networks)) {
  const SD3TransformerConfig &transformer = networks_.transformer.config();
  const PromptEncoder &clip = networks_.text_encoder, &clip_2 = networks_.text_encoder_2;
  require_matching(transformer.in_channels, networks_.vae.config().latent_channels,
                   "the transformer's in_channels and the vae's latent_channels");
  require_matching(transformer.out_channels, networks_.vae.config().latent_channels,
                   "the transformer's out_channels and the vae's latent_channels");
  require_matching(transformer.pooled_projection_dim, clip.pooled_width() + clip_2.pooled_width(),
                   "the transformer's pooled_projection_dim and the projection_dim of both CLIP "
                   "text encoders");
  if (networks_.text_encoder_3) {
    require_matching(transformer.joint_attention_dim, networks_.text_encoder_3->width(),
                     "the transformer's joint_attention_dim and T5's d_model");
  }
  if (clip.width() + clip_2.width() > transformer.joint_attention_dim) {
    throw Error{ErrorKind::invalid_argument,
                "the model's components do not fit together: the hidden_size of both CLIP text "
                "encoders, " +
                    std::to_string(clip.width() + clip_2.width()) +
                    ", exceeds the transformer's joint_attention_dim, " +
                    std::to_string(transformer.joint_attention_dim),
                "model"};
  }
}

const FamilyTraits &StableDiffusion3::family() const {
  static const FamilyTraits traits{
      .num_inference_steps = 28,
      .guidance_scale = 7.0,
      .parameters = {"negative_prompt", "prompt_2", "negative_prompt_2", "clip_skip",
                     "max_sequence_length"}};
  return traits;
}

void StableDiffusion3::move_text_encoders(const at::TensorOptions &options) const {
  networks_.text_encoder.to(options);
  networks_.text_encoder_2.to(options);
  if (networks_.text_encoder_3) networks_.text_encoder_3->to(options);
}

TextToImageResult StableDiffusion3::draw(const TextToImageRequest &request,
                                         const RunCallbacks &callbacks) const {
  if (request.vae_tiling) networks_.vae.require_tiles();
  const PictureSize size = picture_size(request, default_size(), size_multiple());
  require_positions(size.height, "height");
  require_positions(size.width, "width");
  const int64_t tokens = (size.height / size_multiple()) * (size.width / size_multiple());
  const ChosenScheduler chosen = choose_flow_scheduler(
      networks_.scheduler_config, request, {.image_tokens = tokens, .own_sigmas = false});
  TextToImageResult result;
  result.scheduler = chosen.class_name;
  const Conditioning conditioning =
      condition(request, result.cut_prompts).with_text_on(placement().options());

  Noise noise{seeds_of(request), placement().dtype, placement().device};
  const int64_t scale = networks_.vae.config().scale();
  const at::Tensor noisy = noise.draw(
      {networks_.transformer.config().in_channels, size.height / scale, size.width / scale});
  const auto predict = [&](const at::Tensor &x, double timestep) {
    return guided_output(x, request, [&](const at::Tensor &batch) {
      return networks_.transformer(batch, timestep, conditioning);
    });
  };
  const at::Tensor latents =
      denoise(noisy * chosen.scheduler->init_noise_sigma(), {.scheduler = *chosen.scheduler,
                                                             .noise = noise,
                                                             .callbacks = callbacks,
                                                             .predict = predict,
                                                             .calls = calls_of(chosen, request)});
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

// With guidance, the batch is twice as large: all negative prompts, then all prompts. As in
// diffusers, clip_skip concerns the prompts alone.
Conditioning StableDiffusion3::condition(const TextToImageRequest &request,
                                         std::vector<CutPrompt> &cut) const {
  const auto positive = encode(request, kPrompts, request.clip_skip, cut);
  if (!is_guided(request)) return {positive.hidden, positive.pooled};
  const auto negative = encode(request, kNegativePrompts, 0, cut);
  return {at::cat({negative.hidden, positive.hidden}), at::cat({negative.pooled, positive.pooled})};
}

// The states of both CLIP models side by side, widened with zeros to T5's, then T5's; and both
// pooled vectors. T5 reads the first text, and more of it than CLIP: what it leaves out is cut.
ClipTextModel::Output StableDiffusion3::encode(const TextToImageRequest &request,
                                               const PromptPair &texts, int64_t clip_skip,
                                               std::vector<CutPrompt> &cut) const {
  const std::vector<std::string> prompts = texts_of(request, texts.text);
  const int64_t length = resolve_sequence_length(request, kSequenceLength, kLongestSequence);
  const int64_t width = networks_.transformer.config().joint_attention_dim;

  std::vector<CutPrompt> cut_by_clip, cut_by_clip_2;
  const auto first =
      networks_.text_encoder.with_pooled(prompts, clip_skip, texts.name, cut_by_clip);
  const auto second = networks_.text_encoder_2.with_pooled(second_texts(request, texts), clip_skip,
                                                           texts.name_2, cut_by_clip_2);
  const at::Tensor clip = at::cat({first.hidden, second.hidden}, -1);
  at::Tensor t5;
  if (networks_.text_encoder_3) {
    t5 = (*networks_.text_encoder_3)(prompts, length, texts.name, cut);
  } else {
    t5 = at::zeros({clip.size(0), length, width}, clip.options());
    cut.insert(cut.end(), cut_by_clip.begin(), cut_by_clip.end());
  }
  for (CutPrompt &end : cut_by_clip_2) {
    if (has_second(request, texts, end.sample)) cut.push_back(std::move(end));
  }
  return {at::cat({at::constant_pad_nd(clip, {0, width - clip.size(2)}), t5}, 1),
          at::cat({first.pooled, second.pooled}, -1)};
}

PromptEncoder make_clip(const std::filesystem::path &tokenizer,
                        const std::filesystem::path &text_encoder, Weights &weights) {
  const ClipTextConfig config = read_clip_text_config(JsonFile{text_encoder / "config.json"});
  return {ClipTokenizer{tokenizer, config.max_position_embeddings},
          ClipTextModel{config, weights, ClipTextModel::Projection::yes}};
}

}  // namespace

std::unique_ptr<Pipeline> load_stable_diffusion_3(const std::filesystem::path &folder,
                                                  const LoadOptions &options) {
  const Placement &placement = options.placement;
  const bool int8 = wants_int8(options.quantization, placement);
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
  SD3Transformer2DModel transformer_model{
      read_sd3_transformer_config(JsonFile{transformer / "config.json"}), transformer_weights};
  if (int8) transformer_model.to_int8();
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<StableDiffusion3>(
      placement,
      StableDiffusion3::Networks{
          make_clip(tokenizer, text_encoder, text_weights),
          make_clip(tokenizer_2, text_encoder_2, text_weights_2), std::move(t5_encoder),
          std::move(transformer_model),
          AutoencoderKL{read_autoencoder_config(JsonFile{vae / "config.json"}), vae_weights},
          scheduler.root()});
}

}  // namespace pictor::diffusion
