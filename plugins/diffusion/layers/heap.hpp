#pragma once

namespace pictor::diffusion {

// Gives back to the system what malloc keeps of freed memory between pieces in use, so that it is
// not held beside what comes next: weights that were read, activations of other sizes.
// Milliseconds, and pages that are used again are cleared first. Does nothing with another C
// library than GNU's.
void release_heap();

}  // namespace pictor::diffusion
