#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/unet_2d_condition.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/clip_text_model.hpp"
#include "text_encoders/clip_tokenizer.hpp"

#include <c10/core/InferenceMode.h>

using namespace pictor;
using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

// Hidden states of a prompt, computed as the pipeline does: [1, max_length, width].
at::Tensor encode(const std::filesystem::path &model, const std::string &prompt,
                  int64_t clip_skip) {
  const ClipTextConfig config = read_clip_text_config(JsonFile{model / "text_encoder/config.json"});
  Weights weights{model / "text_encoder", "model", {}};
  const ClipTextModel text_model{config, weights};
  const ClipTokenizer tokenizer{model / "tokenizer", config.max_position_embeddings};
  return text_model(at::tensor(tokenizer(prompt).ids).unsqueeze(0), clip_skip);
}

// What `reference` calls unet_encoder_hidden_states for its last sample, and for its negative
// prompt where there is guidance.
void check_hidden_states(const std::filesystem::path &model, const ReferenceCase &reference) {
  const at::Tensor expected = reference.tensor("unet_encoder_hidden_states");
  const at::Tensor positive = encode(model, reference.argument<std::string>("prompt", ""),
                                     reference.argument<int64_t>("clip_skip", 0));
  CHECK(relative_error(positive, expected.slice(0, -1)) < kComponentTolerance);
  if (reference.argument("guidance_scale", 7.5) <= 1) return;
  const at::Tensor negative =
      encode(model, reference.argument<std::string>("negative_prompt", ""), 0);
  CHECK(relative_error(negative, expected.slice(0, 0, 1)) < kComponentTolerance);
}

}  // namespace

TEST_CASE("the text encoder gives diffusers' hidden states") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    check_hidden_states(model_case.model, ReferenceCase{model_case.stem});
  }
}

TEST_CASE("the text encoder of SD 2 has another activation, and pads with another token") {
  const c10::InferenceMode inference;
  check_hidden_states(tiny_sd21(), ReferenceCase{tiny_sd21() / "reference/default_ddim_v"});
}

TEST_CASE("the unet predicts what diffusers predicts at each step") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    const ReferenceCase reference{model_case.stem};
    Weights weights{model_case.model / "unet", "diffusion_pytorch_model", {}};
    const UNet2DConditionModel unet{
        read_unet_config(JsonFile{model_case.model / "unet/config.json"}), weights};
    const Conditioning conditioning{reference.tensor("unet_encoder_hidden_states")};
    const std::vector<double> timesteps = reference.model_timesteps();
    for (size_t i = 0; i < timesteps.size(); ++i) {
      INFO("step " << i);
      const std::string index = std::to_string(i);
      const at::Tensor output =
          unet(reference.tensor("unet_input_" + index), timesteps[i], conditioning);
      CHECK(relative_error(output, reference.tensor("unet_output_" + index)) < kComponentTolerance);
    }
  }
}

TEST_CASE("the vae decodes what diffusers decodes") {
  const c10::InferenceMode inference;
  for (const ModelCase &model_case : text_to_image_cases()) {
    INFO(model_case.name);
    const ReferenceCase reference{model_case.stem};
    Weights weights{model_case.model / "vae", "diffusion_pytorch_model", {}};
    const AutoencoderKL vae{read_autoencoder_config(JsonFile{model_case.model / "vae/config.json"}),
                            weights};
    const at::Tensor decoded = vae.decode(reference.tensor("vae_input"));
    CHECK(relative_error(decoded, reference.tensor("vae_output")) < kComponentTolerance);
  }
}
