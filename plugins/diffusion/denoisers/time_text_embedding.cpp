#include "denoisers/time_text_embedding.hpp"

namespace pictor::diffusion {
namespace {

constexpr int64_t kFrequencies = 256;  // sines and cosines together; diffusers fixes it
constexpr double kGuidanceScale = 1000;

}  // namespace

TimeTextEmbedding::TimeTextEmbedding(const WeightScope &scope, const Shape &shape)
    : timestep_embedder(scope / "timestep_embedder", kFrequencies, shape.width),
      text_embedder(scope / "text_embedder", shape.pooled, shape.width) {
  if (shape.guidance) {
    guidance_embedder.emplace(scope / "guidance_embedder", kFrequencies, shape.width);
  }
}

at::Tensor TimeTextEmbedding::operator()(const at::Tensor &timestep,
                                         const Conditioning &conditioning) const {
  const auto embed = [](const TimestepEmbedding &embedder, const at::Tensor &numbers) {
    return embedder(sinusoidal_embedding(numbers, kFrequencies, /*flip_sin_to_cos=*/true, 0));
  };
  at::Tensor embedding = embed(timestep_embedder, timestep) + text_embedder(conditioning.pooled);
  if (guidance_embedder) {
    // Multiplied in the dtype of the network, as the timestep is in diffusers.
    const at::Tensor guidance = conditioning.guidance.to(embedding.scalar_type());
    embedding = embedding + embed(*guidance_embedder, guidance * kGuidanceScale);
  }
  return at::silu(embedding);
}

}  // namespace pictor::diffusion
