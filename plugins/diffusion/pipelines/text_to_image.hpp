#pragma once

#include "schedulers/names.hpp"

#include <ATen/ATen.h>

#include <array>
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

// What SDXL is told about a picture's size and crop. Pairs as in diffusers: height before width,
// top before left. Not given: what diffusers takes.
struct SizeConditioning {
  using Pair = std::array<int64_t, 2>;

  std::optional<Pair> original_size = {};
  std::optional<Pair> crops_coords_top_left = {};
  std::optional<Pair> target_size = {};
  std::optional<double> aesthetic_score = {};  // the refiner alone

  bool operator==(const SizeConditioning &) const = default;
};

// A guided prediction is moved away from what the denoiser says without some of its layers (SD 3.5;
// arXiv:2411.10257), at the calls between two shares of the steps.
struct SkipLayerGuidance {
  std::vector<int64_t> layers;  // counted from 0; empty: off
  double scale = 2.8;
  double start = 0.01;  // the first call after so many of the steps
  double stop = 0.2;    // no call from so many of them on

  bool operator==(const SkipLayerGuidance &) const = default;
};

// What the pictures of a request have in common. Names and meanings are those of diffusers'
// pipelines; what is not given is the family's own.
struct DrawingSettings {
  int64_t width = 0;                           // pixels; 0: the model's own, or the image's
  int64_t height = 0;                          // pixels; 0: the model's own, or the image's
  std::optional<int64_t> num_inference_steps;  // Pipeline::generate fills in the family's
  std::optional<double> guidance_scale;        // likewise; at most 1: no negative prompts
  std::optional<double> strength;              // likewise, with an image; 0 to 1
  std::optional<double> denoising_start;       // the share of the noise that is gone already
  std::optional<double> denoising_end;         // the share of it that is taken away, then stop
  double guidance_rescale = 0;                 // 0 to 1
  double eta = 0;                              // 0 to 1; for DDIM alone
  double true_cfg_scale = 1;                   // FLUX: above 1, negative prompts have a say
  std::optional<int64_t> max_sequence_length;  // tokens that T5 reads of a prompt
  int64_t clip_skip = 0;                       // layers of the text encoder left out at its end
  bool long_prompts_in_chunks = false;         // for CLIP; else they are cut
  bool vae_tiling = false;                     // large pictures pass the autoencoder in tiles
  int64_t step_cache = 1;                      // see StepCache; for the UNets
  bool prompt_weights = false;                 // for CLIP; else brackets are text
  SkipLayerGuidance skip_layers;               // SD 3
  std::vector<double> timesteps;
  std::vector<double> sigmas;
  SchedulerChoice scheduler;
  SizeConditioning size;
  SizeConditioning negative_size;

  bool operator==(const DrawingSettings &) const = default;
};

// What to draw.
struct TextToImageRequest : DrawingSettings {
  // One picture. All of a request go through the network together: either all have an image, all
  // have latents, or none has; likewise a mask_image.
  struct Sample {
    std::string prompt = {};
    std::string negative_prompt = {};
    uint64_t seed = 0;                   // of a libtorch CPU generator, which uses the low 32 bits
    std::string prompt_2 = {};           // for the second text encoder; empty: prompt
    std::string negative_prompt_2 = {};  // likewise
    std::string prompt_3 = {};           // for SD 3's T5; empty: prompt
    std::string negative_prompt_3 = {};  // likewise
    at::Tensor image = {};       // uint8 [h, w, 3]: what to begin from; undefined: from noise
    at::Tensor mask_image = {};  // uint8 [h, w, 3]: white where the image is to be painted over
    at::Tensor latents = {};     // float32 [channels, h, w] of another run, in place of image
  };

  std::vector<Sample> samples;
  bool output_latents = false;  // what the denoiser came to instead of pictures
};

// One text of every sample, in order.
std::vector<std::string> texts_of(const TextToImageRequest &request,
                                  std::string TextToImageRequest::Sample::*text);
std::vector<uint64_t> seeds_of(const TextToImageRequest &request);

// Of a request that is completed().
bool has_image(const TextToImageRequest &request);  // or latents
bool has_mask(const TextToImageRequest &request);

// What sets a family apart for who asks for pictures. The defaults are those of diffusers'
// pipelines: for text alone, with an image, and with an image and a mask.
struct FamilyTraits {
  int64_t num_inference_steps;
  double guidance_scale;
  // The parameters that the family reads of those which not every family does.
  std::vector<std::string_view> parameters;
  double mask_guidance_scale = 7.5;
  double image_strength = 0.8;
  std::optional<int64_t> image_num_inference_steps = {};  // not given: num_inference_steps
  std::optional<double> image_guidance_scale = {};        // not given: guidance_scale
  double mask_strength = 1;
  bool has_image_size = true;  // pictures from an image are as large as that, unless asked
  bool needs_image = false;
  bool needs_mask = false;
};

// The request with the family's defaults filled in. Throws Error naming the parameter: for no
// samples, for a value out of its range, for a parameter that the family does not read and for
// pictures that do not fit together.
TextToImageRequest completed(const TextToImageRequest &request, const FamilyTraits &family);

// The end of a prompt that the text encoder had no place for.
struct CutPrompt {
  size_t sample;          // index into TextToImageRequest::samples
  std::string parameter;  // "prompt", "negative_prompt" or the same with "_2", "_3"
  std::string text;
};

struct TextToImageResult {
  at::Tensor images;   // uint8 [samples, height, width, 3], contiguous, on the CPU
  at::Tensor latents;  // float32 [samples, channels, h, w] on the device instead, if asked for
  std::vector<CutPrompt> cut_prompts;
  std::string scheduler;  // diffusers' class name of the one used
};

// All are called on the thread that draws, and may be empty.
struct RunCallbacks {
  std::function<void(int64_t step, int64_t steps)> on_step;  // after each call of the denoiser
  std::function<bool()> cancelled;                           // polled before each call
  std::function<void(const std::string &what)> on_memory_fallback;  // what drew with less memory
};

// Thrown out of a load or a run whose `cancelled` said so.
class Cancelled : public std::exception {
 public:
  const char *what() const noexcept override { return "cancelled"; }
};

// Throws Cancelled when the callback says so.
void stop_if_cancelled(const RunCallbacks &callbacks);

}  // namespace pictor::diffusion
