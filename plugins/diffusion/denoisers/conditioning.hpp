#pragma once

#include <ATen/ATen.h>

namespace pictor::diffusion {

// What a denoiser is told about the picture besides the noisy latents. One value serves all steps
// of a run. A family that needs more (pooled text, sizes, an image) adds its tensor here.
struct Conditioning {
  at::Tensor encoder_hidden_states;  // [batch, tokens, width] of the text encoder
};

}  // namespace pictor::diffusion
