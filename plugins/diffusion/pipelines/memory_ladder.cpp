#include "pipelines/memory_ladder.hpp"

#include "error.hpp"
#include "pipelines/device.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

bool is_out_of_memory(std::string_view message) {
  constexpr std::array<std::string_view, 3> kSigns{"out of memory", "can't allocate memory",
                                                   "not enough memory"};
  return std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
    return message.find(sign) != std::string_view::npos;
  });
}

[[noreturn]] void fail_out_of_memory(const std::string &doing) {
  throw Error{ErrorKind::resource_exhausted,
              "out of memory while " + doing +
                  "; draw fewer pictures at once, smaller ones, or set 'dtype' to bfloat16"};
}

// The result of `work`, or nothing where memory runs out and `last` is false. What `work` held is
// free again when this returns.
template <class Work>
auto unless_out_of_memory(bool last, const Work &work) -> std::optional<decltype(work())> {
  try {
    return work();
  } catch (const Error &error) {
    if (last || error.kind() != ErrorKind::resource_exhausted) throw;
    return std::nullopt;
  }
}

void tell(const RunCallbacks &callbacks, const std::string &what) {
  if (callbacks.on_memory_fallback) callbacks.on_memory_fallback(what);
}

TextToImageRequest part_of(const TextToImageRequest &request, size_t first, size_t count) {
  TextToImageRequest part = request;
  const auto begin = request.samples.begin() + static_cast<std::ptrdiff_t>(first);
  part.samples.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  return part;
}

at::Tensor joined(const at::Tensor &a, const at::Tensor &b) {
  return a.defined() ? at::cat({a, b}) : b;
}

// Appends the result of a part whose first sample is `first`.
void append(TextToImageResult &all, TextToImageResult part, size_t first) {
  if (part.images.defined()) all.images = joined(all.images, part.images);
  if (part.latents.defined()) all.latents = joined(all.latents, part.latents);
  for (CutPrompt &cut : part.cut_prompts) {
    cut.sample += first;
    all.cut_prompts.push_back(std::move(cut));
  }
  all.scheduler = std::move(part.scheduler);
}

}  // namespace

void translating_errors(at::Device device, const std::string &doing,
                        const std::function<void()> &work) {
  try {
    work();
  } catch (const c10::Error &error) {
    const std::string message = error.what_without_backtrace();
    if (is_out_of_memory(message)) fail_out_of_memory(doing);
    if (!computes(device)) {
      throw Error{ErrorKind::device_lost, device.str() + " failed while " + doing +
                                              " and computes no more for this process; in a "
                                              "worker ('isolation: auto') it is opened again. "
                                              "libtorch says: " +
                                              message};
    }
    throw Error{ErrorKind::internal, "libtorch failed while " + doing + ": " + message};
  } catch (const std::bad_alloc &) {
    fail_out_of_memory(doing);
  }
}

void load_within_memory(bool movable, const std::function<void(bool text_encoders_on_cpu)> &load) {
  const auto loaded = unless_out_of_memory(!movable, [&] {
    load(false);
    return true;
  });
  if (!loaded) load(true);
}

TextToImageResult draw_within_memory(
    const TextToImageRequest &request, const RunCallbacks &callbacks,
    const std::function<TextToImageResult(const TextToImageRequest &part,
                                          const RunCallbacks &callbacks)> &draw,
    const std::function<void()> &make_room) {
  const size_t count = request.samples.size();
  size_t at_once = count, done = 0;
  bool room_left = static_cast<bool>(make_room);
  TextToImageResult all;
  while (done < count) {
    RunCallbacks of_part = callbacks;
    of_part.on_step = [&](int64_t step, int64_t steps) {
      if (!callbacks.on_step) return;
      const auto parts = static_cast<int64_t>((count + at_once - 1) / at_once);
      callbacks.on_step(static_cast<int64_t>(done / at_once) * steps + step, parts * steps);
    };
    const size_t size = std::min(at_once, count - done);
    std::optional<TextToImageResult> part = unless_out_of_memory(size == 1 && !room_left, [&] {
      return draw(size == count ? request : part_of(request, done, size), of_part);
    });
    if (part) {
      append(all, std::move(*part), done);
      done += size;
    } else if (size > 1) {
      at_once = (size + 1) / 2;
    } else {
      make_room();
      room_left = false;
    }
  }
  if (at_once < count) tell(callbacks, "drawn " + std::to_string(at_once) + " at once");
  return all;
}

at::Tensor autoencode_within_memory(int64_t count, int64_t at_once, const AutoencoderWork &work,
                                    const RunCallbacks &callbacks) {
  bool in_tiles = false;
  std::vector<at::Tensor> results;
  for (int64_t first = 0; first < count;) {
    stop_if_cancelled(callbacks);
    const int64_t end = std::min(first + at_once, count);
    const bool last = in_tiles || (end - first == 1 && !work.tiled);
    const std::optional<at::Tensor> result = unless_out_of_memory(
        last, [&] { return (in_tiles ? work.tiled : work.whole)(first, end); });
    if (result) {
      results.push_back(*result);
      first = end;
    } else if (end - first > 1) {
      at_once = 1;
    } else {
      in_tiles = true;
      tell(callbacks, work.tiled_name);
    }
  }
  return at::cat(results);
}

}  // namespace pictor::diffusion
