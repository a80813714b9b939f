#include "pipelines/flux.hpp"

#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/flux_transformer.hpp"
#include "error.hpp"
#include "pipelines/autoencoding.hpp"
#include "pipelines/components.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/flow_scheduler.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/prompt_pair.hpp"
#include "pipelines/starting_point.hpp"
#include "pipelines/t5_prompt_encoder.hpp"

#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

constexpr int64_t kPatch = 2;             // latent pixels a side that one token holds
constexpr int64_t kLatentSize = 128;      // a side of a square picture by default
constexpr double kTimestepsOfOne = 1000;  // the transformer counts them from 0 to 1

class Flux final : public Pipeline {
 public:
  struct Networks {
    PromptEncoder text_encoder;
    T5PromptEncoder text_encoder_2;
    FluxTransformer2DModel transformer;
    AutoencoderKL vae;
    nlohmann::json scheduler_config;
  };

  Flux(const Placement &placement, Networks networks);

  int64_t default_size() const override { return kLatentSize * networks_.vae.config().scale(); }
  int64_t size_multiple() const override { return kPatch * networks_.vae.config().scale(); }
  const FamilyTraits &family() const override;

 private:
  void move_text_encoders(const at::TensorOptions &options) const override {
    networks_.text_encoder.to(options);
    networks_.text_encoder_2.to(options);
  }
  TextToImageResult draw(const TextToImageRequest &request,
                         const RunCallbacks &callbacks) const override;

  int64_t sequence_length(const TextToImageRequest &request) const;
  Conditioning encode(const TextToImageRequest &request, const PromptPair &texts,
                      std::vector<CutPrompt> &cut) const;

  Networks networks_;
};

bool reads_negative_prompt(const TextToImageRequest &request) {
  return request.true_cfg_scale > 1;
}

void refuse_unread_negative_prompt(const TextToImageRequest &request) {
  if (reads_negative_prompt(request)) return;
  for (const auto &sample : request.samples) {
    if (sample.negative_prompt.empty() && sample.negative_prompt_2.empty()) continue;
    throw Error{ErrorKind::invalid_argument,
                "negative_prompt: FLUX reads it only with true_cfg_scale above 1, which doubles "
                "the time of a picture; set that or leave it out",
                "negative_prompt"};
  }
}

// Squares of kPatch x kPatch latent pixels to tokens: [batch, c, h, w] -> [batch, tokens, 4 c].
at::Tensor pack(const at::Tensor &x) {
  const int64_t rows = x.size(2) / kPatch, columns = x.size(3) / kPatch;
  return x.view({x.size(0), x.size(1), rows, kPatch, columns, kPatch})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({x.size(0), rows * columns, x.size(1) * kPatch * kPatch});
}

// The reverse.
at::Tensor unpack(const at::Tensor &x, int64_t rows, int64_t columns) {
  const int64_t channels = x.size(2) / (kPatch * kPatch);
  return x.view({x.size(0), rows, columns, channels, kPatch, kPatch})
      .permute({0, 3, 1, 4, 2, 5})
      .reshape({x.size(0), channels, rows * kPatch, columns * kPatch});
}

Flux::Flux(const Placement &placement, Networks networks)
    : Pipeline(placement), networks_(std::move(networks)) {
  const FluxTransformerConfig &transformer = networks_.transformer.config();
  const int64_t token_width = networks_.vae.config().latent_channels * kPatch * kPatch;
  require_matching(transformer.in_channels, token_width,
                   "the transformer's in_channels and four times the vae's latent_channels");
  require_matching(transformer.out_channels, token_width,
                   "the transformer's out_channels and four times the vae's latent_channels");
  require_matching(transformer.pooled_projection_dim, networks_.text_encoder.pooled_width(),
                   "the transformer's pooled_projection_dim and the text encoder's hidden_size");
  require_matching(transformer.joint_attention_dim, networks_.text_encoder_2.width(),
                   "the transformer's joint_attention_dim and T5's d_model");
}

const FamilyTraits &Flux::family() const {
  static const FamilyTraits traits{
      .num_inference_steps = 28,
      .guidance_scale = 3.5,
      .parameters = {"negative_prompt", "prompt_2", "negative_prompt_2", "true_cfg_scale",
                     "max_sequence_length", "image", "strength"},
      .image_strength = 0.6,
      .image_guidance_scale = 7.0,
      .has_image_size = false};
  return traits;
}

TextToImageResult Flux::draw(const TextToImageRequest &request,
                             const RunCallbacks &callbacks) const {
  refuse_unread_negative_prompt(request);
  if (request.vae_tiling) networks_.vae.require_tiles();
  const PictureSize size = size_of(request);
  const int64_t rows = size.height / size_multiple(), columns = size.width / size_multiple();
  const ChosenScheduler chosen = choose_flow_scheduler(
      networks_.scheduler_config, request, {.image_tokens = rows * columns, .own_sigmas = true});
  TextToImageResult result;
  result.scheduler = chosen.class_name;

  const bool true_cfg = reads_negative_prompt(request);
  const Conditioning positive = encode(request, kPrompts, result.cut_prompts);
  const Conditioning negative =
      true_cfg ? encode(request, kNegativePrompts, result.cut_prompts) : Conditioning{};
  const RotaryEmbedding positions =
      networks_.transformer.positions(sequence_length(request), rows, columns);
  const auto predict = [&](const at::Tensor &x, double timestep, size_t) {
    const auto velocity = [&](const Conditioning &conditioning) {
      return networks_.transformer(x, timestep / kTimestepsOfOne, conditioning, positions)
          .to(at::kFloat);
    };
    const at::Tensor output = velocity(positive);
    return true_cfg ? guide(velocity(negative), output, request.true_cfg_scale, 0) : output;
  };

  Noise noise{seeds_of(request), placement().dtype, placement().device};
  const StartingPoint start = starting_point(request, {.vae = networks_.vae,
                                                       .chosen = chosen,
                                                       .noise = noise,
                                                       .callbacks = callbacks,
                                                       .size = size,
                                                       .partial_step = PartialStep::taken});
  const at::Tensor drawn = denoise(pack(start.latents), {.scheduler = *chosen.scheduler,
                                                         .noise = noise,
                                                         .callbacks = callbacks,
                                                         .predict = predict,
                                                         .calls = start.calls});
  const at::Tensor latents = unpack(drawn, rows, columns);
  if (request.output_latents) {
    result.latents = latents;
  } else {
    result.images = decode_pictures(networks_.vae, latents, request, callbacks);
  }
  return result;
}

// schnell, which has no guidance, was trained for half as many tokens as dev.
int64_t Flux::sequence_length(const TextToImageRequest &request) const {
  const int64_t most = networks_.transformer.config().guidance_embeds ? 512 : 256;
  return resolve_sequence_length(request, most, most);
}

// T5 reads the second text; CLIP sums up the first, and what it leaves out of that is cut only
// where T5 does not read it either.
Conditioning Flux::encode(const TextToImageRequest &request, const PromptPair &texts,
                          std::vector<CutPrompt> &cut) const {
  bool any_second = false;
  for (size_t i = 0; i < request.samples.size(); ++i) any_second |= has_second(request, texts, i);
  std::vector<CutPrompt> cut_by_clip, cut_by_t5;
  Conditioning conditioning{
      networks_.text_encoder_2(second_texts(request, texts), sequence_length(request),
                               any_second ? texts.name_2 : texts.name, cut_by_t5),
      networks_.text_encoder.with_pooled(texts_of(request, texts.text), 0, texts.name, cut_by_clip)
          .pooled};
  for (CutPrompt &end : cut_by_t5) {
    if (!has_second(request, texts, end.sample)) end.parameter = texts.name;
    cut.push_back(std::move(end));
  }
  for (CutPrompt &end : cut_by_clip) {
    if (has_second(request, texts, end.sample)) cut.push_back(std::move(end));
  }
  if (networks_.transformer.config().guidance_embeds) {
    conditioning.guidance = at::full({static_cast<int64_t>(request.samples.size())},
                                     *request.guidance_scale, placement().device);
  }
  return conditioning.with_text_on(placement().options());
}

}  // namespace

std::unique_ptr<Pipeline> load_flux(const std::filesystem::path &folder,
                                    const LoadOptions &options) {
  const Placement &placement = options.placement;
  const Rounding blocks = rounding_of(options.quantization, placement);
  Components components{folder, options, placement};
  const auto tokenizer = components.require("tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"});
  const auto tokenizer_2 = components.require("tokenizer_2", {"T5TokenizerFast", "T5Tokenizer"});
  const auto text_encoder = components.require("text_encoder", {"CLIPTextModel"});
  const auto text_encoder_2 = components.require("text_encoder_2", {"T5EncoderModel"});
  const auto transformer = components.require("transformer", {"FluxTransformer2DModel"});
  const auto vae = components.require("vae", {"AutoencoderKL"});
  Weights text_weights = components.open_text_encoder(text_encoder);
  Weights text_weights_2 = components.open_text_encoder(text_encoder_2);
  Weights transformer_weights = components.open_weights(transformer, "diffusion_pytorch_model");
  Weights vae_weights = components.open_weights(vae, "diffusion_pytorch_model");

  const T5Config t5 = read_t5_config(JsonFile{text_encoder_2 / "config.json"});
  FluxTransformer2DModel transformer_model{
      read_flux_transformer_config(JsonFile{transformer / "config.json"}), transformer_weights,
      blocks};
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<Flux>(
      placement,
      Flux::Networks{
          load_prompt_encoder(tokenizer, text_encoder, text_weights),
          T5PromptEncoder{T5Tokenizer{tokenizer_2}, T5EncoderModel{t5, text_weights_2}},
          std::move(transformer_model),
          AutoencoderKL{read_autoencoder_config(JsonFile{vae / "config.json"}), vae_weights},
          scheduler.root()});
}

}  // namespace pictor::diffusion
