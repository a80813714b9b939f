#pragma once

#include "denoisers/conditioning.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/prompt_pair.hpp"
#include "pipelines/t5_prompt_encoder.hpp"
#include "pipelines/text_to_image.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace pictor::diffusion {

// What Stable Diffusion 3 reads its prompts with: two CLIP models and T5.
class Sd3TextEncoders {
 public:
  // Without `t5` zeros stand in its place. Throws Error unless they fit a denoiser whose tokens are
  // `width` wide and whose pooled vector is `pooled_width`.
  Sd3TextEncoders(PromptEncoder clip, PromptEncoder clip_2, std::optional<T5PromptEncoder> t5,
                  int64_t width, int64_t pooled_width);

  bool has_t5() const { return t5_.has_value(); }

  // As PromptEncoder::to.
  void to(const at::TensorOptions &options) const;

  // With guidance, of twice as many rows as samples: all negative ones, then all others. As in
  // diffusers, clip_skip concerns the prompts alone. Appends the ends of prompts that were cut.
  Conditioning operator()(const TextToImageRequest &request, std::vector<CutPrompt> &cut) const;

 private:
  // What the CLIP models read, and what T5 does.
  struct Texts {
    PromptPair clip;
    PromptPair t5;
  };

  ClipTextModel::Output encode(const TextToImageRequest &request, const Texts &texts,
                               int64_t clip_skip, std::vector<CutPrompt> &cut) const;

  PromptEncoder clip_;
  PromptEncoder clip_2_;
  std::optional<T5PromptEncoder> t5_;
  int64_t width_;
};

}  // namespace pictor::diffusion
