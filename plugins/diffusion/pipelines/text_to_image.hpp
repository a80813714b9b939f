#pragma once

#include "schedulers/names.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace pictor::diffusion {

// What to draw. Names and meanings are those of diffusers' pipelines.
struct TextToImageRequest {
  // One picture. All of a request go through the network together.
  struct Sample {
    std::string prompt;
    std::string negative_prompt;
    uint64_t seed = 0;  // of a libtorch CPU generator, which uses the low 32 bits
  };

  std::vector<Sample> samples;
  int64_t width = 0;   // pixels; 0: the model's own
  int64_t height = 0;  // pixels; 0: the model's own
  int64_t num_inference_steps = 50;
  double guidance_scale = 7.5;  // at most 1: the negative prompts are not used
  double guidance_rescale = 0;  // 0 to 1
  double eta = 0;               // 0 to 1; for DDIM alone
  int64_t clip_skip = 0;        // layers of the text encoder left out at its end
  std::vector<double> timesteps;
  std::vector<double> sigmas;
  SchedulerChoice scheduler;
};

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

}  // namespace pictor::diffusion
