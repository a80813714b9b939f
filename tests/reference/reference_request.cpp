#include "reference_request.hpp"

#include "schedulers/kind.hpp"

#include <optional>
#include <string>

namespace pictor::test {
namespace {

using diffusion::SizeConditioning;
using diffusion::TextToImageRequest;

// A text argument of sample `index`: one for all samples, or a list.
std::string text_of(const ReferenceCase &reference, const std::string &name, size_t index) {
  const nlohmann::json text = reference.argument<nlohmann::json>(name, "");
  return text.is_array() ? text.at(index) : text;
}

template <class T>
std::optional<T> given(const ReferenceCase &reference, const std::string &name) {
  const nlohmann::json value = reference.argument<nlohmann::json>(name, nullptr);
  return value.is_null() ? std::nullopt : std::optional<T>{value.get<T>()};
}

SizeConditioning size_of(const ReferenceCase &reference, const std::string &prefix) {
  using Pair = SizeConditioning::Pair;
  return {given<Pair>(reference, prefix + "original_size"),
          given<Pair>(reference, prefix + "crops_coords_top_left"),
          given<Pair>(reference, prefix + "target_size"),
          given<double>(reference, prefix + "aesthetic_score")};
}

// The scheduler's class, and the keys that it reads as overrides.
diffusion::SchedulerChoice scheduler_of(const ReferenceCase &reference) {
  const nlohmann::json &stored = reference.json().at("scheduler");
  diffusion::SchedulerChoice choice;
  choice.name = stored.at("class_name");
  for (const std::string_view view : diffusion::find_kind(choice.name)->keys) {
    const std::string key{view};
    if (stored.contains(key) && !stored.at(key).is_null()) choice.overrides[key] = stored.at(key);
  }
  return choice;
}

// A mask of one channel, as a picture of three.
at::Tensor in_three_channels(const at::Tensor &mask) {
  return mask.dim() == 3 ? mask : mask.unsqueeze(2).expand({-1, -1, 3}).contiguous();
}

}  // namespace

TextToImageRequest request_of(const ReferenceCase &reference) {
  TextToImageRequest request;
  const std::vector<uint64_t> seeds = reference.seeds();
  for (size_t i = 0; i < seeds.size(); ++i) {
    TextToImageRequest::Sample &sample = request.samples.emplace_back();
    sample.prompt = text_of(reference, "prompt", i);
    sample.negative_prompt = text_of(reference, "negative_prompt", i);
    sample.prompt_2 = text_of(reference, "prompt_2", i);
    sample.negative_prompt_2 = text_of(reference, "negative_prompt_2", i);
    sample.prompt_3 = text_of(reference, "prompt_3", i);
    sample.negative_prompt_3 = text_of(reference, "negative_prompt_3", i);
    sample.seed = seeds[i];
    if (reference.has("ref_image")) sample.image = reference.tensor("ref_image");
    if (reference.has("ref_mask_image")) {
      sample.mask_image = in_three_channels(reference.tensor("ref_mask_image"));
    }
    if (reference.has("ref_latents")) {
      sample.latents = reference.tensor("ref_latents")[static_cast<int64_t>(i)];
    }
  }
  request.width = reference.argument<int64_t>("width", 0);
  request.height = reference.argument<int64_t>("height", 0);
  request.num_inference_steps = given<int64_t>(reference, "num_inference_steps");
  request.guidance_scale = given<double>(reference, "guidance_scale");
  if (!request.samples.front().latents.defined()) {
    request.strength = given<double>(reference, "strength");
  }
  request.denoising_start = given<double>(reference, "denoising_start");
  request.denoising_end = given<double>(reference, "denoising_end");
  request.guidance_rescale = reference.argument("guidance_rescale", 0.0);
  request.true_cfg_scale = reference.argument("true_cfg_scale", 1.0);
  request.max_sequence_length = given<int64_t>(reference, "max_sequence_length");
  diffusion::SkipLayerGuidance &skip = request.skip_layers;
  skip.layers = reference.argument("skip_guidance_layers", skip.layers);
  skip.scale = reference.argument("skip_layer_guidance_scale", skip.scale);
  skip.start = reference.argument("skip_layer_guidance_start", skip.start);
  skip.stop = reference.argument("skip_layer_guidance_stop", skip.stop);
  request.clip_skip = reference.argument<int64_t>("clip_skip", 0);
  request.size = size_of(reference, "");
  request.negative_size = size_of(reference, "negative_");
  request.vae_tiling = reference.json().value("vae_tiling", false);
  request.scheduler = scheduler_of(reference);
  return request;
}

double share_beyond_one(const at::Tensor &actual, const at::Tensor &expected) {
  const at::Tensor difference = (actual.to(at::kInt) - expected.to(at::kInt)).abs();
  return (difference > 1).to(at::kDouble).mean().item<double>();
}

}  // namespace pictor::test
