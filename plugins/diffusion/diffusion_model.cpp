#include "diffusion_model.hpp"

#include "error.hpp"
#include "parameters.hpp"
#include "pipelines/refining.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace pictor::diffusion {

namespace {

Status status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument:
      return Status::invalid_argument;
    case ErrorKind::not_found:
      return Status::not_found;
    case ErrorKind::unsupported:
      return Status::unsupported;
    case ErrorKind::resource_exhausted:
      return Status::resource_exhausted;
    case ErrorKind::internal:
      break;
  }
  return Status::internal;
}

// Runs `body`, with what the pipeline throws as the SDK's errors.
template <typename Body>
auto translated(Body body) {
  try {
    return body();
  } catch (const Cancelled &) {
    throw pictor::Error(Status::cancelled, "stopped before the picture was done");
  } catch (const Error &error) {
    throw pictor::Error(status_of(error.kind()), error.what()).parameter(error.parameter());
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

ModelInfo DiffusionModel::info() {
  return {.id = "diffusion",
          .label = "Local diffusion",
          .doc =
              "Draws with a Stable Diffusion or FLUX model from a folder in the diffusers layout, "
              "on the CPU or a GPU: from text, from a picture or into a masked one. Same seed, "
              "same picture as diffusers.",
          .features = {"text-to-image", "image-to-image", "inpainting"},
          .max_batch = 16,
          .deterministic = true};
}

std::vector<RuntimeParameter> DiffusionModel::runtime_parameters() {
  return diffusion_parameters();
}

DiffusionModel::DiffusionModel(const Params &config)
    : folder_(config.get<std::string>("model")),
      refiner_folder_(config.get<std::string>("refiner")),
      batch_size_(config.get<std::size_t>("batch_size")) {
  options_.device = config.get<std::string>("device");
  options_.dtype = config.get<std::string>("dtype");
  options_.variant = config.get<std::string>("variant");
  options_.threads = config.get<std::int64_t>("threads");
}

void DiffusionModel::load(Loading &loading) {
  LoadOptions options = options_;
  options.on_progress = [&](double fraction) { loading.progress(fraction, "reading weights"); };
  options.cancelled = [&] { return loading.cancelled(); };
  pipeline_ = translated([&] { return load_pipeline(folder_, options); });
  if (!refiner_folder_.empty()) {
    options.on_progress = [&](double fraction) {
      loading.progress(fraction, "reading the refiner's weights");
    };
    refiner_ = translated([&] { return load_pipeline(refiner_folder_, options); });
  }
  if (pipeline_->placement().device.is_cpu() && optimised_blas().empty()) {
    log(LogLevel::warning,
        "libtorch found only the reference BLAS, which is about 36 times slower: install "
        "libopenblas0-pthread");
  }
}

void DiffusionModel::unload() {
  pipeline_.reset();
  refiner_.reset();
}

std::string DiffusionModel::model_name() const {
  return std::filesystem::path(folder_).lexically_normal().filename().string();
}

void DiffusionModel::validate(const Request &request) const {
  settings_of(request.generation_kwargs());
}

bool DiffusionModel::Group::takes(const DrawingSettings &other,
                                  const TextToImageRequest::Sample &sample) const {
  const TextToImageRequest::Sample &own = samples.front().drawn;
  if (other != settings || sample.image.defined() != own.image.defined() ||
      sample.mask_image.defined() != own.mask_image.defined()) {
    return false;
  }
  const bool stretched = settings.width != 0 && settings.height != 0;
  return !own.image.defined() || stretched || sample.image.sizes() == own.image.sizes();
}

std::vector<DiffusionModel::Group> DiffusionModel::group(std::span<Request> requests) {
  std::vector<Group> groups;
  for (Request &request : requests) {
    try {
      const DrawingSettings settings = settings_of(request.generation_kwargs());
      TextToImageRequest::Sample drawn =
          translated([&] { return sample_of(request.generation_kwargs()); });
      drawn.prompt = request.prompt();
      auto group = std::find_if(groups.begin(), groups.end(),
                                [&](const Group &other) { return other.takes(settings, drawn); });
      if (group == groups.end()) group = groups.insert(groups.end(), {settings, {}});
      for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
        drawn.seed = request.seed(k);
        group->samples.push_back({&request, k, drawn});
      }
    } catch (const pictor::Error &error) {
      request.fail(error);
    }
  }
  return groups;
}

void DiffusionModel::generate(std::span<Request> requests) {
  for (const Group &group : group(requests)) {
    const std::span<const Sample> samples = group.samples;
    for (std::size_t first = 0; first < samples.size(); first += batch_size_) {
      draw(group.settings, samples.subspan(first, std::min(batch_size_, samples.size() - first)));
    }
  }
}

// Draws one batch. Its failure fails the requests in it and no others.
void DiffusionModel::draw(const DrawingSettings &settings, std::span<const Sample> samples) const {
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
  try {
    const TextToImageResult result = translated([&] {
      return refiner_ ? generate_refined(*pipeline_, *refiner_, batch, callbacks)
                      : pipeline_->generate(batch, callbacks);
    });
    for (std::size_t i = 0; i < open.size(); ++i) {
      Image image = image_of(result.images, static_cast<std::int64_t>(i));
      image.extra("scheduler_class", result.scheduler);
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
