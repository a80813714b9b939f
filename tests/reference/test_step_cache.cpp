#include "denoisers/unet_2d_condition.hpp"
#include "error.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"
#include "tensor_catch.hpp"

#include <c10/core/InferenceMode.h>

#include <string>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

TextToImageRequest short_request(int64_t step_cache) {
  TextToImageRequest request;
  request.samples = {{"a red fox", "", 1}, {"a blue tulip", "", 2}};
  request.num_inference_steps = 6;
  request.step_cache = step_cache;
  return request;
}

}  // namespace

TEST_CASE("a call that takes the inner levels from the cache is the whole call, for equal inputs") {
  const c10::InferenceMode inference;
  for (const auto &[folder, name] :
       {std::pair{tiny_sd15(), "default_pndm"}, std::pair{tiny_sd21(), "default_ddim_v"}}) {
    const ReferenceCase reference{folder / "reference" / name};
    Weights weights{folder / "unet", "diffusion_pytorch_model", {}};
    const UNet2DConditionModel unet{read_unet_config(JsonFile{folder / "unet/config.json"}),
                                    weights};
    const at::Tensor sample = reference.tensor("unet_input_0");
    const Conditioning conditioning{reference.tensor("unet_encoder_hidden_states")};
    const double timestep = reference.model_timesteps()[0];
    const at::Tensor step = unet.embed_step(timestep, conditioning);
    const auto predict = [&](const at::Tensor &latents, StepCache &cache) {
      return unet.predict(latents, step, conditioning.encoder_hidden_states, cache);
    };
    const at::Tensor whole = unet(sample, timestep, conditioning);
    StepCache cache{2};
    CHECK(predict(sample, cache).equal(whole));
    CHECK(predict(sample, cache).equal(whole));

    // From the second call's sample only the outer layers are computed; the third is whole again.
    const at::Tensor other = sample * 0.5;
    const at::Tensor whole_other = unet(other, timestep, conditioning);
    StepCache second{2};
    predict(sample, second);
    CHECK(!predict(other, second).equal(whole_other));
    CHECK(predict(other, second).equal(whole_other));
  }
}

TEST_CASE("step_cache changes a picture a little, and 1 not at all") {
  const auto model = load_pipeline(emoji(), {});
  TextToImageRequest request = short_request(1);
  request.num_inference_steps = 16;
  request.scheduler.name = "dpmpp_2m";
  const at::Tensor exact = model->generate(request).images;
  request.step_cache = 2;
  const at::Tensor near = model->generate(request).images;
  CHECK(share_beyond_one(near, exact) > 0);
  CHECK((near.to(at::kFloat) - exact.to(at::kFloat)).abs().mean().item<double>() < 8);
}

TEST_CASE("step_cache is refused out of its range and by models without a UNet") {
  const auto unet = load_pipeline(tiny_sd15(), {}), transformer = load_pipeline(tiny_sd3(), {});
  CHECK_THROWS_WITH(unet->generate(short_request(0)), ContainsSubstring("step_cache"));
  CHECK_THROWS_WITH(transformer->generate(short_request(2)), ContainsSubstring("step_cache"));
}
