#include "pipelines/guidance.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

namespace pictor::diffusion {
namespace {

// The standard deviation of each sample: [batch, 1, 1, 1].
at::Tensor spread(const at::Tensor &x) {
  std::vector<int64_t> all_but_batch(static_cast<size_t>(x.dim()) - 1);
  std::iota(all_but_batch.begin(), all_but_batch.end(), 1);
  return at::std(x, all_but_batch, /*unbiased=*/true, /*keepdim=*/true);
}

}  // namespace

at::Tensor guide(const at::Tensor &negative, const at::Tensor &positive, double scale,
                 double rescale) {
  const at::Tensor guided = negative + scale * (positive - negative);
  if (rescale <= 0) return guided;
  const at::Tensor rescaled = guided * (spread(positive) / spread(guided));
  return rescale * rescaled + (1 - rescale) * guided;
}

bool is_guided(const TextToImageRequest &request) {
  return *request.guidance_scale > 1;
}

Prediction predict(const at::Tensor &latents, const TextToImageRequest &request,
                   const std::function<at::Tensor(const at::Tensor &latents)> &denoiser) {
  if (!is_guided(request)) return {{}, denoiser(latents).to(at::kFloat).contiguous()};
  const std::vector<at::Tensor> halves =
      denoiser(at::cat({latents, latents})).to(at::kFloat).contiguous().chunk(2);
  return {halves[0], halves[1]};
}

at::Tensor guided(const Prediction &prediction, const TextToImageRequest &request) {
  if (!prediction.negative.defined()) return prediction.positive;
  return guide(prediction.negative, prediction.positive, *request.guidance_scale,
               request.guidance_rescale);
}

at::Tensor guided_output(const at::Tensor &latents, const TextToImageRequest &request,
                         const std::function<at::Tensor(const at::Tensor &latents)> &denoiser) {
  return guided(predict(latents, request, denoiser), request);
}

}  // namespace pictor::diffusion
