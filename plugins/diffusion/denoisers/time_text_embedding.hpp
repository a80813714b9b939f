#pragma once

#include "denoisers/conditioning.hpp"
#include "layers/timestep_embedding.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <optional>

namespace pictor::diffusion {

// One vector for time, text and, where it is embedded, guidance: diffusers'
// CombinedTimestepTextProjEmbeddings and CombinedTimestepGuidanceTextProjEmbeddings.
struct TimeTextEmbedding {
  struct Shape {
    int64_t pooled;  // the width of Conditioning::pooled
    int64_t width;
    bool guidance;
  };

  TimeTextEmbedding(const WeightScope &scope, const Shape &shape);

  // -> [batch, width], through the silu that all who take it begin with. `timestep`: [1], counting
  // to 1000.
  at::Tensor operator()(const at::Tensor &timestep, const Conditioning &conditioning) const;

  TimestepEmbedding timestep_embedder;
  std::optional<TimestepEmbedding> guidance_embedder;
  TimestepEmbedding text_embedder;
};

}  // namespace pictor::diffusion
