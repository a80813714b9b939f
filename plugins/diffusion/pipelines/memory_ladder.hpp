#pragma once

#include "pipelines/text_to_image.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <string>

// What is tried when there is not memory enough, one thing after the other; what helped is told to
// RunCallbacks::on_memory_fallback. libtorch itself has emptied its cache of a GPU's memory and
// asked again before it says that there is none.
namespace pictor::diffusion {

// Does `work` on `device`. Where libtorch or the system has no memory for it, throws
// Error(resource_exhausted); other exceptions of libtorch leave as Error(device_lost) when the
// device does nothing more after them, else as Error(internal). `doing` completes "out of memory
// while".
void translating_errors(at::Device device, const std::string &doing,
                        const std::function<void()> &work);

// Loads a model: first as it is placed, then, where memory runs out and `movable` lets them, with
// the text encoders on the CPU.
void load_within_memory(bool movable, const std::function<void(bool text_encoders_on_cpu)> &load);

// The drawing of a batch: halved and halved again, down to single samples. Samples do not see each
// other, so the pictures are the same but for rounding. Each part is one request of `draw`. A
// sample that does not fit alone is tried again after `make_room`, unless that is empty or was
// called before.
TextToImageResult draw_within_memory(
    const TextToImageRequest &request, const RunCallbacks &callbacks,
    const std::function<TextToImageResult(const TextToImageRequest &part,
                                          const RunCallbacks &callbacks)> &draw,
    const std::function<void()> &make_room = {});

// One direction of the autoencoder, for the samples `first` up to but not including `end`.
struct AutoencoderWork {
  using OfSamples = std::function<at::Tensor(int64_t first, int64_t end)>;

  OfSamples whole;
  OfSamples tiled;         // empty: cannot be done
  std::string tiled_name;  // "decoded in tiles"
};

// `work` of `count` samples, `at_once` together: then one by one, which changes nothing, then in
// tiles, which changes the pictures a little. Throws Cancelled between two of them.
at::Tensor autoencode_within_memory(int64_t count, int64_t at_once, const AutoencoderWork &work,
                                    const RunCallbacks &callbacks);

}  // namespace pictor::diffusion
