#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "pipelines/denoising.hpp"
#include "pipelines/guidance.hpp"
#include "pipelines/noise.hpp"
#include "pipelines/pixels.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

const std::vector<std::string> kPrompts{"fox, flat",    "a blue tulip, glossy", "owl, noto",
                                        "rocket, flat", "panda, glossy",        "strawberry, noto"};
constexpr int64_t kPrompted = 6;

// What the bundled model draws from `noise`, [prompts, 4, 16, 16], as pictures in uint8. A pipeline
// draws its noise from seeds, and another in another dtype.
at::Tensor drawn(at::ScalarType dtype, const at::Tensor &noise) {
  WeightOptions options;
  options.dtype = dtype;
  const auto config = [](const char *part) { return JsonFile{emoji() / part / "config.json"}; };
  Weights text_weights{emoji() / "text_encoder", "model", options};
  Weights unet_weights{emoji() / "unet", "diffusion_pytorch_model", options};
  Weights vae_weights{emoji() / "vae", "diffusion_pytorch_model", options};
  const ClipTextConfig text = read_clip_text_config(config("text_encoder"));
  const PromptEncoder encoder{ClipTokenizer{emoji() / "tokenizer", text.max_position_embeddings},
                              ClipTextModel{text, text_weights}};
  const UNet2DConditionModel unet{read_unet_config(config("unet")), unet_weights};
  const AutoencoderKL vae{read_autoencoder_config(config("vae")), vae_weights};

  TextToImageRequest request;
  request.num_inference_steps = 12;
  request.guidance_scale = 4;
  request.scheduler.name = "dpmpp_2m";
  std::vector<CutPrompt> cut;
  const Conditioning conditioning{
      at::cat({encoder(std::vector<std::string>(kPrompts.size()), 0, "negative_prompt", cut),
               encoder(kPrompts, 0, "prompt", cut)})};
  const ChosenScheduler chosen =
      choose_scheduler(JsonFile{emoji() / "scheduler/scheduler_config.json"}.root(), request);
  Noise none{{}, dtype, at::kCPU};
  const RunCallbacks callbacks;
  const auto predict = [&](const at::Tensor &latents, double timestep, size_t) {
    return guided_output(latents, request, [&](const at::Tensor &batch) {
      return unet(batch, timestep, conditioning);
    });
  };
  const at::Tensor latents = denoise(noise * chosen.scheduler->init_noise_sigma(),
                                     {.scheduler = *chosen.scheduler,
                                      .noise = none,
                                      .callbacks = callbacks,
                                      .predict = predict,
                                      .calls = {0, chosen.scheduler->timesteps().size()}});
  return to_pixels(vae.decode(vae.unscale(latents)));
}

}  // namespace

TEST_CASE("bfloat16 draws nearly what float32 draws from the same noise") {
  const c10::InferenceMode inference;
  at::manual_seed(7);
  const at::Tensor noise = at::randn({kPrompted, 4, 16, 16});
  const at::Tensor exact = drawn(at::kFloat, noise), near = drawn(at::kBFloat16, noise);
  double sum = 0;
  for (int64_t i = 0; i < kPrompted; ++i) {
    const double likeness = psnr(near[i], exact[i]);
    std::printf("bfloat16 %-22s PSNR %.1f dB\n", kPrompts[static_cast<size_t>(i)].c_str(),
                likeness);
    CHECK(likeness > 30);
    sum += likeness;
  }
  std::printf("bfloat16 mean PSNR %.1f dB\n", sum / static_cast<double>(kPrompted));
  CHECK_FALSE(near.equal(exact));
}
