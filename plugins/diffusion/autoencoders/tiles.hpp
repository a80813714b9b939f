#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>

namespace pictor::diffusion {

// Sides of the tiles that a picture or its latents are cut into, and of what each becomes.
struct TileSize {
  int64_t input;
  int64_t output;
};

// x: [batch, channels, h, w] -> `network` of each tile, joined: [batch, ..., h * output / input,
// w * output / input]. Neighbours overlap by a quarter, over which one fades into the other, as in
// diffusers' AutoencoderKL. Both sides must be multiples of 4.
at::Tensor in_tiles(const at::Tensor &x, const TileSize &size,
                    const std::function<at::Tensor(const at::Tensor &tile)> &network);

}  // namespace pictor::diffusion
