#pragma once

#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

#include <functional>

namespace pictor::diffusion {

// Classifier-free guidance: moves away from the prediction for the negative prompt. With
// `rescale` > 0, the result is drawn back to the spread of the positive prediction by that share
// (arXiv:2305.08891, section 3.4). negative, positive: [batch, channels, h, w].
at::Tensor guide(const at::Tensor &negative, const at::Tensor &positive, double scale,
                 double rescale);

// Whether the request's negative prompts have a say.
bool is_guided(const TextToImageRequest &request);

// What the denoiser says of some latents, in float32.
struct Prediction {
  at::Tensor negative;  // undefined without guidance
  at::Tensor positive;
};

// With guidance `denoiser` is called on the latents twice over, first for the negative prompts: its
// conditioning must be in that order.
Prediction predict(const at::Tensor &latents, const TextToImageRequest &request,
                   const std::function<at::Tensor(const at::Tensor &latents)> &denoiser);

// `prediction` with the request's guidance.
at::Tensor guided(const Prediction &prediction, const TextToImageRequest &request);

// The guided prediction().
at::Tensor guided_output(const at::Tensor &latents, const TextToImageRequest &request,
                         const std::function<at::Tensor(const at::Tensor &latents)> &denoiser);

}  // namespace pictor::diffusion
