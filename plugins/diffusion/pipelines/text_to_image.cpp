#include "pipelines/text_to_image.hpp"

#include "error.hpp"

#include <algorithm>
#include <array>

namespace pictor::diffusion {
namespace {

using Request = TextToImageRequest;
using Sample = TextToImageRequest::Sample;

constexpr double kLargestGuidance = 1000;
constexpr double kLongestInterval = 100;

// A parameter that not every family reads, and whether a request gives it.
struct FamilyParameter {
  std::string_view name;
  bool (*given)(const Request &request);
};

template <std::string Sample::*text>
bool any_text(const Request &request) {
  return std::any_of(request.samples.begin(), request.samples.end(),
                     [](const Sample &sample) { return !(sample.*text).empty(); });
}

template <at::Tensor Sample::*picture>
bool any_picture(const Request &request) {
  return std::any_of(request.samples.begin(), request.samples.end(),
                     [](const Sample &sample) { return (sample.*picture).defined(); });
}

template <auto value>
bool any_size(const Request &request) {
  return (request.size.*value).has_value();
}

template <auto value>
bool any_negative_size(const Request &request) {
  return (request.negative_size.*value).has_value();
}

constexpr std::array kFamilyParameters{
    FamilyParameter{"negative_prompt", any_text<&Sample::negative_prompt>},
    FamilyParameter{"prompt_2", any_text<&Sample::prompt_2>},
    FamilyParameter{"negative_prompt_2", any_text<&Sample::negative_prompt_2>},
    FamilyParameter{"prompt_3", any_text<&Sample::prompt_3>},
    FamilyParameter{"negative_prompt_3", any_text<&Sample::negative_prompt_3>},
    FamilyParameter{"skip_guidance_layers",
                    [](const Request &request) { return !request.skip_layers.layers.empty(); }},
    FamilyParameter{"image", any_picture<&Sample::image>},
    FamilyParameter{"mask_image", any_picture<&Sample::mask_image>},
    FamilyParameter{"strength",
                    [](const Request &request) { return request.strength.has_value(); }},
    FamilyParameter{"denoising_start",
                    [](const Request &request) { return request.denoising_start.has_value(); }},
    FamilyParameter{"denoising_end",
                    [](const Request &request) { return request.denoising_end.has_value(); }},
    FamilyParameter{"guidance_rescale",
                    [](const Request &request) { return request.guidance_rescale != 0; }},
    FamilyParameter{"true_cfg_scale",
                    [](const Request &request) { return request.true_cfg_scale != 1; }},
    FamilyParameter{"max_sequence_length",
                    [](const Request &request) { return request.max_sequence_length.has_value(); }},
    FamilyParameter{"long_prompts",
                    [](const Request &request) { return request.long_prompts_in_chunks; }},
    FamilyParameter{"prompt_weights",
                    [](const Request &request) { return request.prompt_weights; }},
    FamilyParameter{"step_cache", [](const Request &request) { return request.step_cache != 1; }},
    FamilyParameter{"clip_skip", [](const Request &request) { return request.clip_skip != 0; }},
    FamilyParameter{"original_size", any_size<&SizeConditioning::original_size>},
    FamilyParameter{"crops_coords_top_left", any_size<&SizeConditioning::crops_coords_top_left>},
    FamilyParameter{"target_size", any_size<&SizeConditioning::target_size>},
    FamilyParameter{"aesthetic_score", any_size<&SizeConditioning::aesthetic_score>},
    FamilyParameter{"negative_original_size", any_negative_size<&SizeConditioning::original_size>},
    FamilyParameter{"negative_crops_coords_top_left",
                    any_negative_size<&SizeConditioning::crops_coords_top_left>},
    FamilyParameter{"negative_target_size", any_negative_size<&SizeConditioning::target_size>},
    FamilyParameter{"negative_aesthetic_score",
                    any_negative_size<&SizeConditioning::aesthetic_score>},
};

[[noreturn]] void refuse(const std::string &parameter, const std::string &message) {
  throw Error{ErrorKind::invalid_argument, parameter + ": " + message, parameter};
}

void require_range(double value, double low, double high, const std::string &parameter) {
  if (value >= low && value <= high) return;
  throw Error{ErrorKind::invalid_argument,
              parameter + " = " + std::to_string(value) + " is not between " + std::to_string(low) +
                  " and " + std::to_string(high),
              parameter};
}

void refuse_foreign_parameters(const Request &request, const FamilyTraits &family) {
  for (const FamilyParameter &parameter : kFamilyParameters) {
    const auto &read = family.parameters;
    if (!parameter.given(request)) continue;
    if (std::find(read.begin(), read.end(), parameter.name) != read.end()) continue;
    refuse(std::string{parameter.name}, "a model of this family does not read it; leave it out");
  }
}

template <at::Tensor Sample::*picture>
void require_all_or_none(const Request &request, const std::string &parameter) {
  for (const Sample &sample : request.samples) {
    if ((sample.*picture).defined() == (request.samples.front().*picture).defined()) continue;
    throw Error{ErrorKind::internal, "samples with and without " + parameter + " in one request"};
  }
}

void check_pictures(const Request &request, const FamilyTraits &family) {
  require_all_or_none<&Sample::image>(request, "image");
  require_all_or_none<&Sample::mask_image>(request, "mask_image");
  require_all_or_none<&Sample::latents>(request, "latents");
  const bool image = has_image(request), mask = has_mask(request);
  if (mask && !image) refuse("mask_image", "give the image that it masks, too");
  if (family.needs_image && !image) refuse("image", "this model only changes pictures; give one");
  if (family.needs_mask && !mask) {
    refuse("mask_image", "this model only paints into pictures; give an image and its mask");
  }
  if (image) return;
  if (request.strength) refuse("strength", "it needs an image to begin from");
  if (request.denoising_start) refuse("denoising_start", "it needs an image to begin from");
}

void check_ranges(const Request &request) {
  require_range(*request.guidance_scale, 0, kLargestGuidance, "guidance_scale");
  require_range(request.guidance_rescale, 0, 1, "guidance_rescale");
  require_range(request.true_cfg_scale, 0, kLargestGuidance, "true_cfg_scale");
  require_range(request.strength.value_or(1), 0, 1, "strength");
  require_range(request.skip_layers.scale, 0, kLargestGuidance, "skip_layer_guidance_scale");
  if (request.skip_layers.layers.empty() && !(request.skip_layers == SkipLayerGuidance{})) {
    refuse("skip_guidance_layers", "name the layers that skip_layer_guidance_* are for");
  }
  require_range(request.skip_layers.start, 0, 1, "skip_layer_guidance_start");
  require_range(request.skip_layers.stop, 0, 1, "skip_layer_guidance_stop");
  require_range(static_cast<double>(request.step_cache), 1, kLongestInterval, "step_cache");
  const double start = request.denoising_start.value_or(0), end = request.denoising_end.value_or(1);
  require_range(start, 0, 1, "denoising_start");
  require_range(end, 0, 1, "denoising_end");
  if (start >= end) refuse("denoising_start", "it must be less than denoising_end, or 1");
}

}  // namespace

std::vector<std::string> texts_of(const Request &request, std::string Sample::*text) {
  std::vector<std::string> texts;
  for (const Sample &sample : request.samples) texts.push_back(sample.*text);
  return texts;
}

std::vector<uint64_t> seeds_of(const Request &request) {
  std::vector<uint64_t> seeds;
  for (const Sample &sample : request.samples) seeds.push_back(sample.seed);
  return seeds;
}

bool has_image(const Request &request) {
  const Sample &first = request.samples.front();
  return first.image.defined() || first.latents.defined();
}

bool has_mask(const Request &request) {
  return request.samples.front().mask_image.defined();
}

TextToImageRequest completed(const Request &request, const FamilyTraits &family) {
  if (request.samples.empty()) throw Error{ErrorKind::invalid_argument, "no samples asked for"};
  refuse_foreign_parameters(request, family);
  check_pictures(request, family);
  Request complete = request;
  const bool image = has_image(request), mask = has_mask(request);
  if (!complete.num_inference_steps && image) {
    complete.num_inference_steps = family.image_num_inference_steps;
  }
  if (!complete.num_inference_steps) complete.num_inference_steps = family.num_inference_steps;
  if (!complete.guidance_scale && mask) complete.guidance_scale = family.mask_guidance_scale;
  if (!complete.guidance_scale && image) complete.guidance_scale = family.image_guidance_scale;
  if (!complete.guidance_scale) complete.guidance_scale = family.guidance_scale;
  if (!complete.strength && image) {
    complete.strength = mask ? family.mask_strength : family.image_strength;
  }
  check_ranges(complete);
  return complete;
}

void stop_if_cancelled(const RunCallbacks &callbacks) {
  if (callbacks.cancelled && callbacks.cancelled()) throw Cancelled{};
}

}  // namespace pictor::diffusion
