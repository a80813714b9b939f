#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

namespace pictor::diffusion {

// The decoder's [batch, 3, h, w] in -1 to 1 -> uint8 [batch, h, w, 3], contiguous, on the CPU.
// Rounds half to even, as diffusers does.
at::Tensor to_pixels(const at::Tensor &decoded);

// `asked`, or `fallback` where it is 0. Throws Error naming `parameter`, and for a size that is not
// a multiple of `multiple` both neighbours that are.
int64_t resolve_side(int64_t asked, int64_t fallback, int64_t multiple,
                     const std::string &parameter);

// Throws Error (internal) when `tensor` holds a NaN or an infinity: `what` is not finite.
void require_finite(const at::Tensor &tensor, const std::string &what);

}  // namespace pictor::diffusion
