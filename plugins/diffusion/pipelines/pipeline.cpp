#include "pipelines/pipeline.hpp"

#include "error.hpp"
#include "layers/heap.hpp"
#include "pipelines/flux.hpp"
#include "pipelines/memory_ladder.hpp"
#include "pipelines/stable_diffusion.hpp"
#include "pipelines/stable_diffusion_3.hpp"
#include "pipelines/stable_diffusion_xl.hpp"
#include "weights/json_file.hpp"
#include "weights/model_source.hpp"

#include <c10/core/InferenceMode.h>

#include <array>

namespace pictor::diffusion {
namespace {

// To add a family, write its file and add its lines: one for each class of diffusers that means it.
struct Family {
  const char *class_name;
  std::unique_ptr<Pipeline> (*load)(const std::filesystem::path &folder, const LoadOptions &);
};

constexpr std::array kFamilies{
    Family{"StableDiffusionPipeline", load_stable_diffusion},
    Family{"StableDiffusionImg2ImgPipeline", load_stable_diffusion},
    Family{"StableDiffusionInpaintPipeline", load_stable_diffusion},
    Family{"StableDiffusionXLPipeline", load_stable_diffusion_xl},
    Family{"StableDiffusionXLImg2ImgPipeline", load_stable_diffusion_xl},
    Family{"StableDiffusionXLInpaintPipeline", load_stable_diffusion_xl},
    Family{"StableDiffusion3Pipeline", load_stable_diffusion_3},
    Family{"StableDiffusion3Img2ImgPipeline", load_stable_diffusion_3},
    Family{"FluxPipeline", load_flux},
    Family{"FluxImg2ImgPipeline", load_flux},
};

// The result of `work` on `device`, which needs no gradients; libtorch's exceptions leave as
// Errors.
template <class Work>
auto run_inference(at::Device device, const std::string &doing, const Work &work) {
  const c10::InferenceMode inference;
  decltype(work()) result;
  translating_errors(device, doing, [&] { result = work(); });
  return result;
}

const Family &find_family(const JsonFile &index) {
  const std::string class_name = index.string("_class_name");
  std::string known;
  for (const Family &family : kFamilies) {
    if (class_name == family.class_name) return family;
    known += (known.empty() ? "" : ", ") + std::string{family.class_name};
  }
  throw Error{ErrorKind::unsupported,
              index.path().string() + ": a " + class_name + "; known are: " + known, "model"};
}

}  // namespace

TextToImageResult Pipeline::generate(const TextToImageRequest &request,
                                     const RunCallbacks &callbacks) const {
  stop_if_cancelled(callbacks);
  const TextToImageRequest complete = completed(request, family());
  const auto draw_part = [this](const TextToImageRequest &part, const RunCallbacks &of_part) {
    return run_inference(placement_.device, "drawing", [&] { return draw(part, of_part); });
  };
  std::function<void()> make_room;
  if (placement_.text_encoders.movable && !text_encoders_moved_) {
    make_room = [this] { free_text_encoders(); };
  }
  TextToImageResult result = draw_within_memory(complete, callbacks, draw_part, make_room);
  if (text_encoders_moved_ && callbacks.on_memory_fallback) {
    callbacks.on_memory_fallback("drawn with the text encoders on the CPU");
  }
  return result;
}

void Pipeline::free_text_encoders() const {
  run_inference(placement_.device, "moving the text encoders to the CPU", [this] {
    move_text_encoders(moved_to_cpu(placement_.dtype).options());
    return true;
  });
  text_encoders_moved_ = true;
}

void Pipeline::check(const TextToImageRequest &request) const {
  const TextToImageRequest complete = completed(request, family());
  size_of(complete);
  count_prompt_chunks(complete);
}

int64_t Pipeline::prompt_chunks(const TextToImageRequest &request) const {
  TextToImageRequest complete = request;
  if (!request.guidance_scale) complete.guidance_scale = family().guidance_scale;
  return count_prompt_chunks(complete);
}

std::unique_ptr<Pipeline> load_pipeline(const std::filesystem::path &model,
                                        const LoadOptions &options) {
  const ModelSource source =
      find_model(model.string(), options.config, options.revision, options.parameter);
  const Family &family = find_family(JsonFile{source.folder / "model_index.json"});
  set_threads(options.threads);
  LoadOptions opened = options;
  opened.placement = resolve_placement(options.device, options.dtype, options.text_encoder_device);
  opened.single_file = source.single_file.get();
  std::unique_ptr<Pipeline> pipeline;
  load_within_memory(opened.placement.text_encoders.movable, [&](bool text_encoders_on_cpu) {
    TextEncoderPlacement &text = opened.placement.text_encoders;
    if (text_encoders_on_cpu) text = moved_to_cpu(opened.placement.dtype);
    LoraSet loras{options.loras};
    opened.lora_set = &loras;
    pipeline = run_inference(opened.placement.device, "loading " + model.string(), [&] {
      std::unique_ptr<Pipeline> loaded = family.load(source.folder, opened);
      loras.finish();
      return loaded;
    });
  });
  release_heap();
  return pipeline;
}

std::vector<std::string> known_pipelines() {
  std::vector<std::string> names;
  for (const Family &family : kFamilies) names.emplace_back(family.class_name);
  return names;
}

}  // namespace pictor::diffusion
