#include "pipelines/stable_diffusion_xl.hpp"

#include "pipelines/components.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/prompt_pair.hpp"
#include "pipelines/unet_pipeline.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

using Sample = TextToImageRequest::Sample;
using Pair = SizeConditioning::Pair;

// The keys of model_index.json that are no components.
struct Options {
  bool force_zeros_for_empty_prompt;
  bool requires_aesthetics_score;
};

class StableDiffusionXl final : public UNetPipeline {
 public:
  // `encoders`: one for the refiner, else two; the last gives the pooled vector.
  StableDiffusionXl(const Placement &placement, Networks networks,
                    std::vector<PromptEncoder> encoders, const Options &options);

 private:
  // Hidden states of both encoders side by side, and the pooled vector of the last.
  using Encoded = ClipTextModel::Output;

  void move_text_encoders(const at::TensorOptions &options) const override {
    for (const PromptEncoder &encoder : encoders_) encoder.to(options);
  }

  int64_t count_prompt_chunks(const TextToImageRequest &request) const override;
  Conditioning condition(const TextToImageRequest &request, const PictureSize &size,
                         std::vector<CutPrompt> &cut) const override;
  Encoded encode(const TextToImageRequest &request, const PromptPair &texts, int64_t clip_skip,
                 std::vector<CutPrompt> &cut) const;
  Encoded encode_negative(const TextToImageRequest &request, std::vector<CutPrompt> &cut) const;
  at::Tensor time_ids(const TextToImageRequest &request, const PictureSize &size) const;

  std::vector<PromptEncoder> encoders_;
  Options options_;
};

FamilyTraits traits(size_t encoders, const Options &options) {
  FamilyTraits family{
      .num_inference_steps = 50,
      .guidance_scale = 5.0,
      .parameters = {"negative_prompt", "guidance_rescale", "clip_skip", "step_cache", "image",
                     "mask_image", "strength", "denoising_start", "denoising_end", "original_size",
                     "crops_coords_top_left", "negative_original_size",
                     "negative_crops_coords_top_left", "long_prompts", "prompt_weights"},
      .image_strength = 0.3,
      .mask_strength = 0.9999};
  auto &read = family.parameters;
  if (encoders == 2) read.insert(read.end(), {"prompt_2", "negative_prompt_2"});
  if (options.requires_aesthetics_score) {
    read.insert(read.end(), {"aesthetic_score", "negative_aesthetic_score"});
    family.needs_image = true;
  } else {
    read.insert(read.end(), {"target_size", "negative_target_size"});
  }
  return family;
}

int64_t total_width(const std::vector<PromptEncoder> &encoders) {
  int64_t width = 0;
  for (const PromptEncoder &encoder : encoders) width += encoder.width();
  return width;
}

StableDiffusionXl::StableDiffusionXl(const Placement &placement, Networks networks,
                                     std::vector<PromptEncoder> encoders, const Options &options)
    : UNetPipeline(placement, std::move(networks), traits(encoders.size(), options),
                   total_width(encoders)),
      encoders_(std::move(encoders)),
      options_(options) {
  const int64_t ids = options_.requires_aesthetics_score ? 5 : 6;
  require_matching(unet_config().added_features,
                   encoders_.back().pooled_width() + ids * unet_config().time_id_features,
                   "the unet's projection_class_embeddings_input_dim and the features of the "
                   "pooled text and " +
                       std::to_string(ids) + " time ids");
}

int64_t StableDiffusionXl::count_prompt_chunks(const TextToImageRequest &request) const {
  if (!request.long_prompts_in_chunks) return 1;
  int64_t most = 1;
  const auto count = [&](const PromptEncoder &encoder, const std::vector<std::string> &texts,
                         const char *name) {
    most = std::max(most, encoder.count_chunks(texts, request.prompt_weights, name));
  };
  for (const PromptPair &pair : prompt_pairs(request)) {
    count(encoders_.front(), texts_of(request, pair.text), pair.name);
    if (encoders_.size() > 1) count(encoders_.back(), second_texts(request, pair), pair.name_2);
  }
  return most;
}

// As in diffusers, clip_skip concerns the prompts alone.
Conditioning StableDiffusionXl::condition(const TextToImageRequest &request,
                                          const PictureSize &size,
                                          std::vector<CutPrompt> &cut) const {
  const Encoded positive = encode(request, kPrompts, request.clip_skip, cut);
  const at::Tensor ids = time_ids(request, size).to(placement().device);
  if (!is_guided(request)) {
    return {.encoder_hidden_states = positive.hidden, .pooled = positive.pooled, .time_ids = ids};
  }
  const Encoded negative = encode_negative(request, cut);
  return {.encoder_hidden_states = at::cat({negative.hidden, positive.hidden}),
          .pooled = at::cat({negative.pooled, positive.pooled}),
          .time_ids = ids};
}

StableDiffusionXl::Encoded StableDiffusionXl::encode(const TextToImageRequest &request,
                                                     const PromptPair &texts, int64_t clip_skip,
                                                     std::vector<CutPrompt> &cut) const {
  const PromptLayout layout{count_prompt_chunks(request), request.prompt_weights};
  Encoded last = encoders_.front().with_pooled(texts_of(request, texts.text), clip_skip, texts.name,
                                               cut, layout);
  if (encoders_.size() == 1) return last;

  const at::Tensor hidden = last.hidden;
  std::vector<CutPrompt> cut_2;
  last = encoders_.back().with_pooled(second_texts(request, texts), clip_skip, texts.name_2, cut_2,
                                      layout);
  for (CutPrompt &end : cut_2) {
    // The first encoder has told of the prompt that stands in.
    if (has_second(request, texts, end.sample)) cut.push_back(std::move(end));
  }
  return {at::cat({hidden, last.hidden}, -1), last.pooled};
}

StableDiffusionXl::Encoded StableDiffusionXl::encode_negative(const TextToImageRequest &request,
                                                              std::vector<CutPrompt> &cut) const {
  Encoded negative = encode(request, kNegativePrompts, 0, cut);
  if (!options_.force_zeros_for_empty_prompt) return negative;
  std::vector<float> given;
  for (const Sample &sample : request.samples) {
    given.push_back(sample.negative_prompt.empty() && sample.negative_prompt_2.empty() ? 0.F : 1.F);
  }
  const at::Tensor share = at::tensor(given).to(negative.hidden.options());  // [samples]
  return {negative.hidden * share.view({-1, 1, 1}), negative.pooled * share.view({-1, 1})};
}

// [samples, ids] or, with guidance, [2 * samples, ids], float32. What the negative rows hold by
// default depends on whether there is an image, as it does in diffusers.
at::Tensor StableDiffusionXl::time_ids(const TextToImageRequest &request,
                                       const PictureSize &size) const {
  constexpr Pair kTopLeft{0, 0};
  constexpr double kAestheticScore = 6, kNegativeAestheticScore = 2.5;
  const Pair own{size.height, size.width};
  const bool scored = options_.requires_aesthetics_score;
  const auto row = [&](const Pair &original, const Pair &crop, const Pair &target, double score) {
    std::vector<double> ids;
    for (const Pair &pair : {original, crop}) ids.insert(ids.end(), pair.begin(), pair.end());
    if (scored) {
      ids.push_back(score);
    } else {
      ids.insert(ids.end(), target.begin(), target.end());
    }
    return at::tensor(ids, at::kFloat).expand({static_cast<int64_t>(request.samples.size()), -1});
  };
  const SizeConditioning &given = request.size, &negative = request.negative_size;
  const Pair original = given.original_size.value_or(own);
  const Pair crop = given.crops_coords_top_left.value_or(kTopLeft);
  const Pair target = given.target_size.value_or(own);
  const at::Tensor positive =
      row(original, crop, target, given.aesthetic_score.value_or(kAestheticScore));
  if (!is_guided(request)) return positive.contiguous();

  const bool whole = negative.original_size && negative.target_size;
  if (!has_image(request) && !whole) return at::cat({positive, positive});
  const Pair negative_crop = negative.crops_coords_top_left.value_or(kTopLeft);
  const bool own_crop = scored || !has_image(request);
  return at::cat({row(negative.original_size.value_or(original), own_crop ? negative_crop : crop,
                      negative.target_size.value_or(target),
                      negative.aesthetic_score.value_or(kNegativeAestheticScore)),
                  positive});
}

}  // namespace

std::unique_ptr<Pipeline> load_stable_diffusion_xl(const std::filesystem::path &folder,
                                                   const LoadOptions &options) {
  const Placement &placement = options.placement;
  const Rounding blocks = rounding_of(options.quantization, placement);
  Components components{folder, options, placement};
  const auto unet = components.require("unet", {"UNet2DConditionModel"});
  const auto vae = components.require("vae", {"AutoencoderKL"});
  const AutoencoderConfig vae_config = read_autoencoder_config(JsonFile{vae / "config.json"});
  // float16 overflows in SDXL's first autoencoder; its configuration says so.
  const bool upcast = placement.dtype == at::kHalf && vae_config.force_upcast;

  struct Encoder {
    std::filesystem::path tokenizer, folder;
    ClipTextModel::Projection projection;
    Weights weights;
  };
  std::vector<Encoder> found;
  const auto find = [&](const std::string &suffix, const char *class_name,
                        ClipTextModel::Projection projection) {
    const auto tokenizer =
        components.require("tokenizer" + suffix, {"CLIPTokenizer", "CLIPTokenizerFast"});
    const auto text_encoder = components.require("text_encoder" + suffix, {class_name});
    found.push_back(
        {tokenizer, text_encoder, projection, components.open_text_encoder(text_encoder)});
  };
  if (components.has("text_encoder")) find("", "CLIPTextModel", ClipTextModel::Projection::no);
  find("_2", "CLIPTextModelWithProjection", ClipTextModel::Projection::yes);
  Weights unet_weights = components.open_weights(unet, "diffusion_pytorch_model");
  Weights vae_weights = components.open_weights(vae, "diffusion_pytorch_model",
                                                upcast ? at::kFloat : placement.dtype);

  std::vector<PromptEncoder> encoders;
  for (Encoder &encoder : found) {
    encoders.push_back(load_prompt_encoder(encoder.tokenizer, encoder.folder, encoder.weights,
                                           encoder.projection));
  }
  const JsonFile &index = components.index();
  const Options own{index.boolean("force_zeros_for_empty_prompt", true),
                    index.boolean("requires_aesthetics_score", false)};
  UNet2DConditionModel unet_model{read_unet_config(JsonFile{unet / "config.json"}), unet_weights,
                                  blocks};
  AutoencoderKL vae_model{vae_config, vae_weights};
  const JsonFile scheduler{folder / "scheduler" / "scheduler_config.json"};
  return std::make_unique<StableDiffusionXl>(
      placement,
      UNetPipeline::Networks{std::move(unet_model), std::move(vae_model), scheduler.root()},
      std::move(encoders), own);
}

}  // namespace pictor::diffusion
