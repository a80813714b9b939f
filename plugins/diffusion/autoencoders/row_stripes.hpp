#pragma once

#include "layers/resnet.hpp"

#include <ATen/ATen.h>

#include <vector>

// The layers of a decoder over feature maps that are cut into stripes of rows, on a CPU. The memory
// of a stripe is given back as soon as nothing is to be computed of it any more, so that a layer's
// input and its output are never there as a whole at once, nor is a norm's output ever; and a
// stripe stays in the cache from one function to the next. The numbers are those of the whole but
// for rounding. Where a function takes stripes by value, what they share their memory with loses
// its values.
namespace pictor::diffusion {

// Of one feature map from top to bottom: [1, channels, rows, w] each, channels-last.
using RowStripes = std::vector<at::Tensor>;

// Whether upsample() and what follows it are worth it and built for x: [batch, channels, h, w].
bool is_for_row_stripes(const ResnetBlock2D &next, const at::Tensor &x);

// x as stripes of at most `rows` rows, which share its memory.
RowStripes cut(const RowStripes &x, int64_t rows);

// Twice the height and width.
RowStripes upsample(const Upsample2D &upsampler, RowStripes x);

// A block without time.
RowStripes apply(const ResnetBlock2D &resnet, RowStripes x);

// conv(norm(x), activated), joined.
at::Tensor finish(const GroupNorm &norm, const Conv2d &conv, const RowStripes &x);

}  // namespace pictor::diffusion
