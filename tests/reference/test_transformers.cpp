#include "autoencoders/autoencoder_kl.hpp"
#include "denoisers/flux_transformer.hpp"
#include "denoisers/sd3_transformer.hpp"
#include "error.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"
#include "text_encoders/t5_encoder_model.hpp"
#include "text_encoders/t5_tokenizer.hpp"

#include <c10/core/InferenceMode.h>

#include <string>
#include <vector>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

struct DitCase {
  std::filesystem::path model;
  std::string name;
  std::string t5;  // the folders of the T5 text encoder and its tokenizer
  std::string t5_tokenizer;
};

std::vector<DitCase> dit_cases() {
  return {{tiny_sd3(), "default_flow", "text_encoder_3", "tokenizer_3"},
          {tiny_flux_dev(), "default_dev", "text_encoder_2", "tokenizer_2"},
          {tiny_flux_schnell(), "default_schnell", "text_encoder_2", "tokenizer_2"}};
}

ReferenceCase reference_of(const DitCase &dit) {
  return ReferenceCase{dit.model / "reference" / dit.name};
}

Conditioning conditioning_of(const ReferenceCase &reference) {
  Conditioning conditioning{reference.tensor("transformer_encoder_hidden_states"),
                            reference.tensor("transformer_pooled_projections")};
  if (reference.json().at("tensors").contains("transformer_guidance")) {
    conditioning.guidance = reference.tensor("transformer_guidance");
  }
  return conditioning;
}

// Checks `predict(sample, timestep)` against every call of the transformer.
template <class Predict>
void check_outputs(const ReferenceCase &reference, const Predict &predict) {
  const std::vector<double> timesteps = reference.model_timesteps();
  for (size_t i = 0; i < timesteps.size(); ++i) {
    INFO("step " << i);
    const std::string index = std::to_string(i);
    const at::Tensor output = predict(reference.tensor("transformer_input_" + index), timesteps[i]);
    CHECK(relative_error(output, reference.tensor("transformer_output_" + index)) <
          kComponentTolerance);
  }
}

at::Tensor encode_t5(const DitCase &dit, const std::string &prompt, int64_t max_length) {
  const T5Tokenizer tokenizer{dit.model / dit.t5_tokenizer};
  Weights weights{dit.model / dit.t5, "model", {}};
  const T5EncoderModel t5{read_t5_config(JsonFile{dit.model / dit.t5 / "config.json"}), weights};
  return t5(at::tensor(tokenizer(prompt, max_length).ids).unsqueeze(0));
}

}  // namespace

TEST_CASE("T5 gives diffusers' hidden states") {
  const c10::InferenceMode inference;
  for (const DitCase &dit : dit_cases()) {
    INFO(dit.name);
    const ReferenceCase reference = reference_of(dit);
    const int64_t length = reference.argument<int64_t>("max_sequence_length", 0);
    const at::Tensor all = reference.tensor("transformer_encoder_hidden_states");
    const at::Tensor expected = all.slice(1, all.size(1) - length);  // SD 3 has CLIP's before
    const at::Tensor positive =
        encode_t5(dit, reference.argument<std::string>("prompt", ""), length);
    CHECK(relative_error(positive, expected.slice(0, -1)) < kComponentTolerance);
    if (expected.size(0) == 1) continue;
    const at::Tensor negative =
        encode_t5(dit, reference.argument<std::string>("negative_prompt", ""), length);
    CHECK(relative_error(negative, expected.slice(0, 0, 1)) < kComponentTolerance);
  }
}

TEST_CASE("SD 3's transformer predicts what diffusers predicts at each step") {
  const c10::InferenceMode inference;
  const ReferenceCase reference{tiny_sd3() / "reference/default_flow"};
  Weights weights{tiny_sd3() / "transformer", "diffusion_pytorch_model", {}};
  const SD3Transformer2DModel transformer{
      read_sd3_transformer_config(JsonFile{tiny_sd3() / "transformer/config.json"}), weights};
  check_outputs(reference, [&](const at::Tensor &sample, double timestep) {
    return transformer(sample, timestep, conditioning_of(reference));
  });
}

TEST_CASE("FLUX's transformer predicts what diffusers predicts at each step") {
  const c10::InferenceMode inference;
  for (const DitCase &dit : dit_cases()) {
    if (dit.model == tiny_sd3()) continue;
    INFO(dit.name);
    const ReferenceCase reference = reference_of(dit);
    Weights weights{dit.model / "transformer", "diffusion_pytorch_model", {}};
    const FluxTransformer2DModel transformer{
        read_flux_transformer_config(JsonFile{dit.model / "transformer/config.json"}), weights};
    const RotaryEmbedding positions =
        transformer.positions(reference.argument<int64_t>("max_sequence_length", 0),
                              reference.argument<int64_t>("height", 0) / 16,
                              reference.argument<int64_t>("width", 0) / 16);
    check_outputs(reference, [&](const at::Tensor &sample, double timestep) {
      return transformer(sample, timestep, conditioning_of(reference), positions);
    });
  }
}

TEST_CASE("the vae of 16 channels decodes what diffusers decodes") {
  const c10::InferenceMode inference;
  for (const DitCase &dit : dit_cases()) {
    INFO(dit.name);
    const ReferenceCase reference = reference_of(dit);
    Weights weights{dit.model / "vae", "diffusion_pytorch_model", {}};
    const AutoencoderKL vae{read_autoencoder_config(JsonFile{dit.model / "vae/config.json"}),
                            weights};
    const at::Tensor decoded = vae.decode(reference.tensor("vae_input"));
    CHECK(relative_error(decoded, reference.tensor("vae_output")) < kComponentTolerance);
  }
}
