#pragma once

#include <ATen/ATen.h>

namespace pictor::diffusion {

// What a denoiser is told about the picture besides the noisy latents. One value serves all steps
// of a run. What a family does not use is undefined.
struct Conditioning {
  at::Tensor encoder_hidden_states;  // [batch, tokens, width] of the text encoders
  at::Tensor pooled{};               // [batch, width]: one vector for the whole text
  at::Tensor time_ids{};             // [batch, ids]: sizes and crops, in pixels (SDXL)
  at::Tensor guidance{};             // [batch]: the guidance scale, where it is embedded (FLUX)

  // With what the text encoders made on the device and in the dtype of `options`.
  Conditioning with_text_on(const at::TensorOptions &options) const {
    Conditioning moved = *this;
    moved.encoder_hidden_states = encoder_hidden_states.to(options);
    if (pooled.defined()) moved.pooled = pooled.to(options);
    return moved;
  }
};

}  // namespace pictor::diffusion
