#pragma once

#include <ATen/ATen.h>

namespace pictor::diffusion {

// Gives back to the system what malloc keeps of freed memory between pieces in use, so that it is
// not held beside what comes next: weights that were read, activations of other sizes.
// Milliseconds, and pages that are used again are cleared first. Does nothing with another C
// library than GNU's.
void release_heap();

// Gives back to the system the pages that a dense tensor on the CPU fills, while the memory around
// them stays: its values are lost. For a part of a larger tensor that nothing reads any more. Does
// nothing on other systems than Linux.
void release_pages(const at::Tensor &tensor);

}  // namespace pictor::diffusion
