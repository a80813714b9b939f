#pragma once

#include "pipelines/text_to_image.hpp"
#include "reference_case.hpp"

namespace pictor::test {

// The request that asks for what `reference` holds.
diffusion::TextToImageRequest request_of(const ReferenceCase &reference);

// The share of channel values of two pictures, uint8, that differ by more than one.
double share_beyond_one(const at::Tensor &actual, const at::Tensor &expected);

// What that share may be for one picture drawn twice in float32.
inline constexpr double kPictureTolerance = 0.001;

}  // namespace pictor::test
