#pragma once

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Classifier-free guidance: moves away from the prediction for the negative prompt. With
// `rescale` > 0, the result is drawn back to the spread of the positive prediction by that share
// (arXiv:2305.08891, section 3.4). negative, positive: [batch, channels, h, w].
at::Tensor guide(const at::Tensor &negative, const at::Tensor &positive, double scale,
                 double rescale);

}  // namespace pictor::diffusion
