#include "pipelines/unet_pipeline.hpp"

#include "pipelines/autoencoding.hpp"
#include "pipelines/components.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/starting_point.hpp"
#include "pipelines/step_graph.hpp"

#include <utility>
#include <vector>

namespace pictor::diffusion {

UNetPipeline::UNetPipeline(const Placement &placement, Networks networks, FamilyTraits family,
                           int64_t text_width)
    : Pipeline(placement), networks_(std::move(networks)), family_(std::move(family)) {
  const UNetConfig &unet = networks_.unet.config();
  const int64_t channels = networks_.vae.config().latent_channels;
  for (const int64_t width : unet.cross_attention_dim) {
    require_matching(width, text_width,
                     "the unet's cross_attention_dim and the text encoders' hidden_size");
  }
  if (!is_inpainting_unet()) {
    require_matching(unet.in_channels, channels,
                     "the unet's in_channels and the vae's latent_channels");
  }
  require_matching(unet.out_channels, channels,
                   "the unet's out_channels and the vae's latent_channels");
  if (is_inpainting_unet()) family_.needs_mask = true;
}

// It sees a mask and the latents of what that keeps beside its own.
bool UNetPipeline::is_inpainting_unet() const {
  return networks_.unet.config().in_channels == 2 * networks_.vae.config().latent_channels + 1;
}

TextToImageResult UNetPipeline::draw(const TextToImageRequest &request,
                                     const RunCallbacks &callbacks) const {
  const ChosenScheduler chosen = choose_scheduler(networks_.scheduler_config, request);
  if (request.vae_tiling) networks_.vae.require_tiles();
  const PictureSize size = size_of(request);
  TextToImageResult result;
  result.scheduler = chosen.class_name;
  const Conditioning conditioning =
      condition(request, size, result.cut_prompts).with_text_on(placement().options());

  Noise noise{seeds_of(request), placement().dtype, placement().device};
  const StartingPoint start = starting_point(request, {.vae = networks_.vae,
                                                       .chosen = chosen,
                                                       .noise = noise,
                                                       .callbacks = callbacks,
                                                       .size = size,
                                                       .inpainting_unet = is_inpainting_unet()});
  StepCache cache{request.step_cache};
  StepGraph unet{[&](const std::vector<at::Tensor> &inputs) {
                   return networks_.unet.predict(inputs[0], inputs[1],
                                                 conditioning.encoder_hidden_states, cache);
                 },
                 placement().device,
                 request.step_cache == 1 ? start.calls.end - start.calls.begin : 0};
  const auto predict = [&](const at::Tensor &latents, double timestep, size_t) {
    const at::Tensor &beside = start.beside_latents;
    const at::Tensor input = beside.defined() ? at::cat({latents, beside}, 1) : latents;
    return guided_output(input, request, [&](const at::Tensor &batch) {
      return unet({batch, networks_.unet.embed_step(timestep, conditioning)});
    });
  };
  const at::Tensor latents = denoise(start.latents, {.scheduler = *chosen.scheduler,
                                                     .noise = noise,
                                                     .callbacks = callbacks,
                                                     .predict = predict,
                                                     .calls = start.calls,
                                                     .after_step = start.after_step});
  if (request.output_latents) {
    result.latents = latents;
  } else {
    result.images = decode_pictures(networks_.vae, latents, request, callbacks);
  }
  return result;
}

}  // namespace pictor::diffusion
