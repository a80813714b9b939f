#pragma once

#include "schedulers/names.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

inline bool operator==(const SchedulerChoice &a, const SchedulerChoice &b) {
  return a.name == b.name && a.sigma_schedule == b.sigma_schedule && a.overrides == b.overrides;
}

// What the pictures of a request have in common. Names and meanings are those of diffusers'
// pipelines; what is not given is the family's own.
struct DrawingSettings {
  int64_t width = 0;                           // pixels; 0: the model's own
  int64_t height = 0;                          // pixels; 0: the model's own
  std::optional<int64_t> num_inference_steps;  // Pipeline::generate fills in the family's
  std::optional<double> guidance_scale;        // likewise; at most 1: no negative prompts
  double guidance_rescale = 0;                 // 0 to 1
  double eta = 0;                              // 0 to 1; for DDIM alone
  int64_t clip_skip = 0;                       // layers of the text encoder left out at its end
  std::vector<double> timesteps;
  std::vector<double> sigmas;
  SchedulerChoice scheduler;

  bool operator==(const DrawingSettings &) const = default;
};

// What to draw.
struct TextToImageRequest : DrawingSettings {
  // One picture. All of a request go through the network together.
  struct Sample {
    std::string prompt;
    std::string negative_prompt;
    uint64_t seed = 0;  // of a libtorch CPU generator, which uses the low 32 bits
  };

  std::vector<Sample> samples;
};

// One text of every sample, in order.
std::vector<std::string> texts_of(const TextToImageRequest &request,
                                  std::string TextToImageRequest::Sample::*text);
std::vector<uint64_t> seeds_of(const TextToImageRequest &request);

// What sets a family apart for who asks for pictures.
struct FamilyTraits {
  int64_t num_inference_steps;  // by default
  double guidance_scale;        // by default
  // The parameters that the family reads of those which not every family does.
  std::vector<std::string_view> parameters;
};

// The request with the family's defaults filled in. Throws Error naming the parameter: for no
// samples, for a value out of its range and for a parameter that the family does not read.
TextToImageRequest completed(const TextToImageRequest &request, const FamilyTraits &family);

// The end of a prompt that the text encoder had no place for.
struct CutPrompt {
  size_t sample;          // index into TextToImageRequest::samples
  std::string parameter;  // "prompt" or "negative_prompt"
  std::string text;
};

struct TextToImageResult {
  at::Tensor images;  // uint8 [samples, height, width, 3], contiguous, on the CPU
  std::vector<CutPrompt> cut_prompts;
  std::string scheduler;  // diffusers' class name of the one used
};

// Both are called on the thread that draws, and may be empty.
struct RunCallbacks {
  std::function<void(int64_t step, int64_t steps)> on_step;  // after each call of the denoiser
  std::function<bool()> cancelled;                           // polled before each call
};

// Thrown out of a load or a run whose `cancelled` said so.
class Cancelled : public std::exception {
 public:
  const char *what() const noexcept override { return "cancelled"; }
};

// Throws Cancelled when the callback says so.
void stop_if_cancelled(const RunCallbacks &callbacks);

}  // namespace pictor::diffusion
