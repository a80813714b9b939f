#include "replica.hpp"

#include "parameters.hpp"
#include "pipelines/gpu_memory.hpp"
#include "pipelines/refining.hpp"
#include "text_encoders/prompt_weights.hpp"
#include "translated_errors.hpp"
#include "weights/lora_choice.hpp"

#include <algorithm>
#include <utility>

namespace pictor::diffusion {

namespace {

// Throws Error for a prompt with a weight that is no number.
void check_weights(const Request &request) {
  weighted_texts(request.prompt(), "prompt");
  for (const char *id : {"negative_prompt", "prompt_2", "negative_prompt_2"}) {
    weighted_texts(request.generation_kwargs().get<std::string>(id), id);
  }
}

// Picture `index` of a batch, lent to the host: the tensor lives until the host lets go.
Image image_of(const at::Tensor &images, std::int64_t index) {
  at::Tensor pixels = images[index];
  pictor_image layout{};
  layout.kind = PICTOR_IMAGE_RAW;
  layout.data = pixels.data_ptr();
  layout.size = static_cast<std::uint64_t>(pixels.numel());
  layout.height = static_cast<std::uint32_t>(pixels.size(0));
  layout.width = static_cast<std::uint32_t>(pixels.size(1));
  layout.channels = static_cast<std::uint32_t>(pixels.size(2));
  layout.pixel_type = PICTOR_PIXEL_U8;
  layout.stride_y = static_cast<std::uint64_t>(pixels.stride(0));
  layout.stride_x = static_cast<std::uint64_t>(pixels.stride(1));
  layout.stride_c = static_cast<std::uint64_t>(pixels.stride(2));
  return Image::borrowed(layout, std::move(pixels));
}

}  // namespace

Replica::Replica(ReplicaSettings settings) : settings_(std::move(settings)) {}

void Replica::load(const std::string &device, const LoadProgress &progress,
                   const std::function<bool()> &cancelled) {
  settings_.options.device = device;
  LoadOptions options = settings_.options;
  options.on_progress = [&](double fraction) { progress(fraction, "reading weights"); };
  options.cancelled = cancelled;
  use(options.loras, options);
  if (!settings_.refiner.empty()) load_refiner(progress, cancelled);
}

// LoRAs, config and revision are the model's own.
void Replica::load_refiner(const LoadProgress &progress, const std::function<bool()> &cancelled) {
  LoadOptions options = settings_.options;
  options.loras.clear();
  options.config.clear();
  options.revision.clear();
  options.parameter = "refiner";
  options.on_progress = [&](double fraction) {
    progress(fraction, "reading the refiner's weights");
  };
  options.cancelled = cancelled;
  refiner_ = translated([&] {
    std::unique_ptr<Pipeline> refiner = load_pipeline(settings_.refiner, options);
    require_refinable(*pipeline_, *refiner);
    return refiner;
  });
}

void Replica::use(const std::vector<LoraSource> &loras, LoadOptions options) {
  if (pipeline_ && same_loras(loras, loaded_loras_)) return;
  pipeline_.reset();  // before the next one takes as much memory again
  options.loras = loras;
  pipeline_ = translated([&] { return load_pipeline(settings_.model, options); });
  loaded_loras_ = loras;
}

std::vector<LoraSource> Replica::loras_of(const Request &request) const {
  const Params &kwargs = request.generation_kwargs();
  if (!kwargs.has("lora_weights")) return settings_.options.loras;
  return translated([&] {
    return with_weights(settings_.options.loras, kwargs.get<std::string>("lora_weights"));
  });
}

void Replica::unload() {
  if (!pipeline_) return;
  const at::Device device = pipeline_->placement().device;
  pipeline_.reset();
  refiner_.reset();
  if (const auto peak = peak_gpu_bytes(device)) {
    log(LogLevel::info, "held at most " + std::to_string(*peak >> 20) + " MiB of the GPU");
  }
  release_gpu_cache(device);
}

// Before the model is loaded, nothing is known of its family.
void Replica::validate(const Request &request) const {
  const Params &kwargs = request.generation_kwargs();
  const DrawingSettings settings = settings_of(kwargs);
  loras_of(request);
  translated([&] {
    if (settings.prompt_weights) check_weights(request);
    if (!pipeline_) return;
    TextToImageRequest one{settings, {sample_of(kwargs)}};
    one.samples.front().prompt = request.prompt();
    if (refiner_) {
      check_refined(*pipeline_, one);
    } else {
      pipeline_->check(one);
    }
  });
}

bool Replica::Group::takes(const DrawingSettings &other, const std::vector<LoraSource> &other_loras,
                           const TextToImageRequest::Sample &sample) const {
  const TextToImageRequest::Sample &own = samples.front().drawn;
  if (other != settings || !same_loras(other_loras, loras) ||
      sample.image.defined() != own.image.defined() ||
      sample.mask_image.defined() != own.mask_image.defined()) {
    return false;
  }
  const bool stretched = settings.width != 0 && settings.height != 0;
  return !own.image.defined() || stretched || sample.image.sizes() == own.image.sizes();
}

std::vector<Replica::Group> Replica::group(std::span<Request> requests) const {
  std::vector<Group> groups;
  for (Request &request : requests) {
    try {
      const DrawingSettings settings = settings_of(request.generation_kwargs());
      const std::vector<LoraSource> loras = loras_of(request);
      TextToImageRequest::Sample drawn =
          translated([&] { return sample_of(request.generation_kwargs()); });
      drawn.prompt = request.prompt();
      auto group = std::find_if(groups.begin(), groups.end(), [&](const Group &other) {
        return other.takes(settings, loras, drawn);
      });
      if (group == groups.end()) group = groups.insert(groups.end(), {settings, loras, {}});
      for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
        drawn.seed = request.seed(k);
        group->samples.push_back({&request, k, drawn});
      }
    } catch (const pictor::Error &error) {
      request.fail(error);
    }
  }
  // Other weights of the LoRAs load the model again: as seldom as can be.
  std::stable_sort(groups.begin(), groups.end(), [&](const Group &a, const Group &b) {
    const bool a_loaded = same_loras(a.loras, loaded_loras_);
    const bool b_loaded = same_loras(b.loras, loaded_loras_);
    return a_loaded == b_loaded ? has_smaller_weights(a.loras, b.loras) : a_loaded;
  });
  return groups;
}

void Replica::generate(std::span<Request> requests) {
  for (const Group &group : group(requests)) {
    if (!use_for(group.loras, group.samples)) continue;
    for (const auto &[chunks, of_length] : by_length(group)) {
      const std::span<const Sample> samples = of_length;
      const std::size_t at_once = batch_size(group.settings);
      for (std::size_t first = 0; first < samples.size(); first += at_once) {
        draw(group.settings, samples.subspan(first, std::min(at_once, samples.size() - first)));
      }
    }
  }
}

std::size_t Replica::batch_size(const DrawingSettings &settings) const {
  if (settings_.batch_size != 0) return settings_.batch_size;
  const std::int64_t side = pipeline_->default_size();
  const std::int64_t width = settings.width == 0 ? side : settings.width;
  const std::int64_t height = settings.height == 0 ? side : settings.height;
  return automatic_batch_size(pipeline_->placement().device, width * height);
}

std::map<std::int64_t, std::vector<Replica::Sample>> Replica::by_length(const Group &group) const {
  if (!group.settings.long_prompts_in_chunks) return {{1, group.samples}};
  std::map<std::int64_t, std::vector<Sample>> lengths;
  for (const Sample &sample : group.samples) {
    if (sample.request->ended()) continue;
    try {
      lengths[translated([&] {
        return pipeline_->prompt_chunks({group.settings, {sample.drawn}});
      })].push_back(sample);
    } catch (const pictor::Error &error) {
      sample.request->fail(error);
    }
  }
  return lengths;
}

// Whether the model now has these LoRAs; the samples' requests have failed when it does not.
bool Replica::use_for(const std::vector<LoraSource> &loras, const std::vector<Sample> &samples) {
  LoadOptions options = settings_.options;
  options.cancelled = [&] { return samples.front().request->cancelled(); };
  options.on_progress = [&](double) {
    samples.front().request->progress(0, 0, "loading the model with other LoRA weights");
  };
  try {
    use(loras, std::move(options));
    return true;
  } catch (...) {
    const pictor::Error error = current_error();
    for (const Sample &sample : samples) sample.request->fail(error);
    return false;
  }
}

// Draws one batch. Its failure fails the requests in it and no others.
void Replica::draw(const DrawingSettings &settings, std::span<const Sample> samples) const {
  std::vector<Sample> open;  // a request that failed in an earlier batch wants no more
  TextToImageRequest batch{settings, {}};
  for (const Sample &sample : samples) {
    if (sample.request->ended()) continue;
    open.push_back(sample);
    batch.samples.push_back(sample.drawn);
  }
  if (open.empty()) return;
  RunCallbacks callbacks;
  callbacks.cancelled = [&] { return open.front().request->cancelled(); };
  callbacks.on_step = [&](std::int64_t step, std::int64_t steps) {
    for (std::size_t i = 0; i < open.size(); ++i) {
      if (i > 0 && open[i].request == open[i - 1].request) continue;
      open[i].request->progress(static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(steps),
                                "drawing");
    }
  };
  std::string memory_fallback;
  callbacks.on_memory_fallback = [&](const std::string &what) {
    if (memory_fallback.find(what) != std::string::npos) return;
    memory_fallback += (memory_fallback.empty() ? "" : ", ") + what;
  };
  try {
    const TextToImageResult result = translated([&] {
      return refiner_ ? generate_refined(*pipeline_, *refiner_, batch, callbacks)
                      : pipeline_->generate(batch, callbacks);
    });
    if (!memory_fallback.empty()) {
      log(LogLevel::warning, "out of memory, so the pictures were " + memory_fallback +
                                 "; a smaller batch_size, vae_tiling or text_encoder_device: cpu "
                                 "avoids the attempt");
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
      Image image = image_of(result.images, static_cast<std::int64_t>(i));
      image.extra("scheduler_class", result.scheduler);
      if (!memory_fallback.empty()) image.extra("memory_fallback", memory_fallback);
      for (const CutPrompt &cut : result.cut_prompts) {
        if (cut.sample != i) continue;
        image.extra(cut.parameter + "_truncated", cut.text);
        if (open[i].index == 0) {
          log(LogLevel::warning,
              "row " + std::string(open[i].request->trace_id()) + ": the " + cut.parameter +
                  " is longer than the text encoder reads; left out: " + cut.text);
        }
      }
      open[i].request->image(open[i].index, image);
    }
  } catch (...) {
    const pictor::Error error = current_error();
    for (const Sample &sample : open) sample.request->fail(error);
  }
}

}  // namespace pictor::diffusion
