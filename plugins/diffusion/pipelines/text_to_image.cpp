#include "pipelines/text_to_image.hpp"

#include "error.hpp"

#include <algorithm>
#include <array>

namespace pictor::diffusion {
namespace {

using Sample = TextToImageRequest::Sample;

constexpr double kLargestGuidance = 1000;

// A parameter that not every family reads, and whether a request gives it.
struct FamilyParameter {
  std::string_view name;
  bool (*given)(const TextToImageRequest &request);
};

bool any_sample(const TextToImageRequest &request, bool (*test)(const Sample &sample)) {
  return std::any_of(request.samples.begin(), request.samples.end(), test);
}

constexpr std::array kFamilyParameters{
    FamilyParameter{"negative_prompt",
                    [](const TextToImageRequest &request) {
                      return any_sample(request, [](const Sample &sample) {
                        return !sample.negative_prompt.empty();
                      });
                    }},
    FamilyParameter{
        "guidance_rescale",
        [](const TextToImageRequest &request) { return request.guidance_rescale != 0; }},
    FamilyParameter{"clip_skip",
                    [](const TextToImageRequest &request) { return request.clip_skip != 0; }},
};

void require_range(double value, double low, double high, const std::string &parameter) {
  if (value >= low && value <= high) return;
  throw Error{ErrorKind::invalid_argument,
              parameter + " = " + std::to_string(value) + " is not between " + std::to_string(low) +
                  " and " + std::to_string(high),
              parameter};
}

void refuse_foreign_parameters(const TextToImageRequest &request, const FamilyTraits &family) {
  for (const FamilyParameter &parameter : kFamilyParameters) {
    const auto &read = family.parameters;
    if (!parameter.given(request)) continue;
    if (std::find(read.begin(), read.end(), parameter.name) != read.end()) continue;
    const std::string name{parameter.name};
    throw Error{ErrorKind::invalid_argument,
                name + ": a model of this family does not read it; leave it out", name};
  }
}

}  // namespace

std::vector<std::string> texts_of(const TextToImageRequest &request, std::string Sample::*text) {
  std::vector<std::string> texts;
  for (const Sample &sample : request.samples) texts.push_back(sample.*text);
  return texts;
}

std::vector<uint64_t> seeds_of(const TextToImageRequest &request) {
  std::vector<uint64_t> seeds;
  for (const Sample &sample : request.samples) seeds.push_back(sample.seed);
  return seeds;
}

TextToImageRequest completed(const TextToImageRequest &request, const FamilyTraits &family) {
  if (request.samples.empty()) throw Error{ErrorKind::invalid_argument, "no samples asked for"};
  refuse_foreign_parameters(request, family);
  TextToImageRequest complete = request;
  if (!complete.num_inference_steps) complete.num_inference_steps = family.num_inference_steps;
  if (!complete.guidance_scale) complete.guidance_scale = family.guidance_scale;
  require_range(*complete.guidance_scale, 0, kLargestGuidance, "guidance_scale");
  require_range(complete.guidance_rescale, 0, 1, "guidance_rescale");
  return complete;
}

void stop_if_cancelled(const RunCallbacks &callbacks) {
  if (callbacks.cancelled && callbacks.cancelled()) throw Cancelled{};
}

}  // namespace pictor::diffusion
