#include "parameters.hpp"

#include "pictures/decode.hpp"
#include "schedulers/names.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <optional>
#include <utility>

namespace pictor::diffusion {

namespace {

using P = RuntimeParameter;

// Every scheduler that is built, under our name; its class, label and aliases are accepted too.
// A1111's "... Karras" labels are choices of their own: the label says more than the scheduler's
// name.
RuntimeParameter scheduler_parameter() {
  P parameter = P::choice("scheduler")
                    .alias("sampler_name")
                    .alias("sampler")
                    .doc(
                        "The sampler. Our name, diffusers' class name or A1111's label; the "
                        "model's own when not given.");
  for (const KnownScheduler &known : known_schedulers()) {
    if (!known.built()) continue;
    std::vector<std::string> aliases = known.aliases;
    aliases.push_back(known.class_name);
    parameter.option(known.name, known.label, std::move(aliases));
    if (takes_sigma_schedule(known.class_name)) {
      parameter.option(known.name + "_karras", known.label + " Karras");
    }
  }
  return parameter;
}

RuntimeParameter sigma_schedule_parameter() {
  P parameter = P::choice("sigma_schedule")
                    .doc("How the noise levels are spaced: the model's own when not given.");
  for (const std::string &name : sigma_schedules()) parameter.option(name);
  return parameter;
}

// What every family reads, and what all those with guidance by a negative prompt do.
std::vector<RuntimeParameter> drawing_parameters() {
  return {
      P::string("negative_prompt")
          .default_value("")
          .doc("What the picture should not show; used when guidance_scale is above 1."),
      P::integer("width").unit("px").range(8, 8192).multiple_of(8).doc(
          "Width; the model's own when not given, and for Stable Diffusion 1, 2 and XL that of "
          "image where there is one and no mask_image."),
      P::integer("height").unit("px").range(8, 8192).multiple_of(8).doc("Height; see width."),
      P::integer("num_inference_steps")
          .alias("steps")
          .range(1, 1000)
          .doc("Denoising steps. Not given: what diffusers takes for the model's family, 50 for "
               "Stable Diffusion 1, 2 and XL, 28 for 3 (50 with image) and FLUX."),
      P::number("guidance_scale")
          .alias("cfg_scale")
          .range(0, 100)
          .doc("How strongly the picture follows the prompt; at most 1 switches guidance off. Not "
               "given: what diffusers takes for the model's family, 7.5 for Stable Diffusion 1 "
               "and 2, 5 for XL (7.5 with mask_image), 7 for 3, 3.5 for FLUX (7 with image)."),
      P::number("guidance_rescale")
          .range(0, 1)
          .default_value(0.0)
          .advanced()
          .doc("Pulls the guided prediction back to the contrast of the unguided one (Lin et al., "
               "2023)."),
      P::number("true_cfg_scale")
          .range(0, 100)
          .default_value(1.0)
          .advanced()
          .doc("FLUX: above 1, how strongly the picture moves away from negative_prompt, at twice "
               "the time."),
      P::integer("max_sequence_length")
          .range(1, 512)
          .advanced()
          .doc("SD 3 and FLUX: tokens that T5 reads of a prompt. Not given: 256, and 512 for FLUX "
               "dev."),
      P::number_list("skip_guidance_layers")
          .advanced()
          .doc("SD 3.5: layers, counted from 0, that a third prediction does without; the picture "
               "moves away from it. Medium was made for [7, 8, 9]."),
      P::number("skip_layer_guidance_scale")
          .range(0, 100)
          .default_value(2.8)
          .advanced()
          .doc("How strongly it moves away from what was drawn without skip_guidance_layers."),
      P::number("skip_layer_guidance_start")
          .range(0, 1)
          .default_value(0.01)
          .advanced()
          .doc("The share of the steps after which skip_guidance_layers are skipped."),
      P::number("skip_layer_guidance_stop")
          .range(0, 1)
          .default_value(0.2)
          .advanced()
          .doc("The share of the steps from which on they no longer are."),
      P::number("eta").range(0, 1).default_value(0.0).advanced().doc(
          "Noise that DDIM adds at each step: 0 none, 1 as DDPM."),
      P::integer("clip_skip")
          .range(0, 24)
          .default_value(0)
          .advanced()
          .doc("Layers of the text encoder left out at its end."),
      P::choice("long_prompts")
          .option("cut")
          .option("chunks")
          .default_value("cut")
          .doc("Stable Diffusion 1, 2 and XL: what becomes of a prompt beyond the 75 tokens that "
               "CLIP reads: cut, as diffusers does, or read in chunks of 75."),
      P::boolean("prompt_weights")
          .default_value(false)
          .doc("Stable Diffusion 1, 2 and XL: (text:1.3), (text) and [text] say how much a text "
               "counts, as in A1111; \\( is a bracket. Otherwise they are plain text."),
      P::boolean("vae_tiling")
          .default_value(false)
          .advanced()
          .doc("Pictures larger than the autoencoder's sample_size pass it in overlapping tiles: "
               "less memory, and slightly other pixels."),
      P::integer("step_cache")
          .range(1, 100)
          .default_value(1)
          .advanced()
          .doc("Stable Diffusion 1, 2 and XL: the inner levels of the UNet are computed at every "
               "nth step only. 2 takes little more than half of the time, for slightly other "
               "pictures; 1 is exact."),
      P::json("lora_weights")
          .doc("Weights of the model's loras by name, e.g. {style: 0.5}; those not named keep "
               "their own. Each change of weights loads the model again."),
      scheduler_parameter(),
      sigma_schedule_parameter(),
      P::json("scheduler_config")
          .advanced()
          .doc("Single keys of the diffusers scheduler configuration, laid over the model's own, "
               "e.g. {timestep_spacing: trailing}."),
      P::number_list("timesteps")
          .advanced()
          .doc("Timesteps of your own in place of num_inference_steps."),
      P::number_list("sigmas").advanced().doc(
          "Noise levels of your own in place of num_inference_steps."),
  };
}

std::vector<RuntimeParameter> image_parameters() {
  return {
      P::image("image").doc(
          "A picture to begin from, stretched to width and height. Without them Stable Diffusion "
          "1, 2 and XL cut it to multiples of 8 pixels, and 3 and FLUX stretch it to the model's "
          "own size, as diffusers does."),
      P::image("mask_image")
          .alias("mask")
          .doc("Where image is painted over: white. Black is kept. Both are stretched to width and "
               "height, or to the model's own size."),
      P::number("strength")
          .range(0, 1)
          .doc("How much of image is drawn anew: the share of the steps that are taken. Not given: "
               "as diffusers, 0.8 for Stable Diffusion 1 and 2, 0.3 for XL, 0.6 for 3 and FLUX; "
               "with mask_image 1 and 0.9999."),
  };
}

// Pairs are diffusers' tuples: height before width, top before left.
std::vector<RuntimeParameter> xl_parameters() {
  return {
      P::string("prompt_2")
          .default_value("")
          .advanced()
          .doc("The prompt for the second text encoder of XL and 3, and for FLUX's T5; prompt "
               "when empty."),
      P::string("negative_prompt_2")
          .default_value("")
          .advanced()
          .doc("The same for negative_prompt."),
      P::string("prompt_3")
          .default_value("")
          .advanced()
          .doc("The prompt for SD 3's T5; prompt when empty."),
      P::string("negative_prompt_3")
          .default_value("")
          .advanced()
          .doc("The same for negative_prompt."),
      P::number("denoising_end")
          .range(0, 1)
          .advanced()
          .doc("XL: stop when this share of the noise is gone."),
      P::number("denoising_start")
          .range(0, 1)
          .advanced()
          .doc("XL: image has lost this share of its noise already; strength is not read then."),
      P::number_list("original_size")
          .unit("px")
          .advanced()
          .doc("XL: [height, width] that the picture is said to have had; small ones look blurred. "
               "The picture's own when not given."),
      P::number_list("crops_coords_top_left")
          .unit("px")
          .advanced()
          .doc(
              "XL: [top, left] of the crop that the picture is said to be; [0, 0] when not given."),
      P::number_list("target_size")
          .unit("px")
          .advanced()
          .doc("XL: [height, width] of that crop; the picture's own when not given."),
      P::number_list("negative_original_size")
          .unit("px")
          .advanced()
          .doc("XL: original_size of what the picture should not be. Without an image it counts "
               "only beside negative_target_size."),
      P::number_list("negative_crops_coords_top_left")
          .unit("px")
          .advanced()
          .doc("XL: the same of crops_coords_top_left."),
      P::number_list("negative_target_size")
          .unit("px")
          .advanced()
          .doc("XL: the same of target_size."),
      P::number("aesthetic_score")
          .range(0, 10)
          .advanced()
          .doc("The XL refiner: how good the picture should look; 6 when not given."),
      P::number("negative_aesthetic_score")
          .range(0, 10)
          .advanced()
          .doc("The XL refiner: how good it should not look; 2.5 when not given."),
  };
}

constexpr double kMostLayers = 1000;  // more than any model has

template <typename T>
std::optional<T> given(const Params &kwargs, const char *id) {
  return kwargs.has(id) ? std::optional<T>(kwargs.get<T>(id)) : std::nullopt;
}

std::optional<SizeConditioning::Pair> pair_of(const Params &kwargs, const std::string &id) {
  constexpr double kMost = 1 << 20;
  if (!kwargs.has(id)) return std::nullopt;
  const auto values = kwargs.get<std::vector<double>>(id);
  const bool whole = values.size() == 2 && values[0] == std::floor(values[0]) &&
                     values[1] == std::floor(values[1]);
  if (!whole || values[0] < 0 || values[1] < 0 || values[0] > kMost || values[1] > kMost) {
    throw pictor::Error(Status::invalid_argument,
                        id + " must be two whole numbers of pixels, height or top first")
        .parameter(id);
  }
  return SizeConditioning::Pair{static_cast<std::int64_t>(values[0]),
                                static_cast<std::int64_t>(values[1])};
}

SizeConditioning size_of(const Params &kwargs, const std::string &prefix) {
  SizeConditioning size;
  size.original_size = pair_of(kwargs, prefix + "original_size");
  size.crops_coords_top_left = pair_of(kwargs, prefix + "crops_coords_top_left");
  size.target_size = pair_of(kwargs, prefix + "target_size");
  size.aesthetic_score = given<double>(kwargs, (prefix + "aesthetic_score").c_str());
  return size;
}

SkipLayerGuidance skip_layers_of(const Params &kwargs) {
  SkipLayerGuidance skip;
  for (const double layer : kwargs.get<std::vector<double>>("skip_guidance_layers", {})) {
    if (layer != std::floor(layer) || std::abs(layer) > kMostLayers) {
      throw pictor::Error(Status::invalid_argument,
                          "skip_guidance_layers must be whole numbers of layers, e.g. [7, 8, 9]")
          .parameter("skip_guidance_layers");
    }
    skip.layers.push_back(static_cast<std::int64_t>(layer));
  }
  skip.scale = kwargs.get<double>("skip_layer_guidance_scale");
  skip.start = kwargs.get<double>("skip_layer_guidance_start");
  skip.stop = kwargs.get<double>("skip_layer_guidance_stop");
  return skip;
}

at::Tensor picture_of(const Params &kwargs, const std::string &id) {
  if (!kwargs.has(id)) return {};
  return decode_picture(kwargs.get<ImageInput>(id).bytes, id);
}

}  // namespace

std::vector<RuntimeParameter> diffusion_parameters() {
  std::vector<RuntimeParameter> all = load_parameters();
  for (const auto &some : {drawing_parameters(), image_parameters(), xl_parameters()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

DrawingSettings settings_of(const Params &kwargs) {
  DrawingSettings settings;
  settings.width = kwargs.get<std::int64_t>("width", 0);
  settings.height = kwargs.get<std::int64_t>("height", 0);
  settings.num_inference_steps = given<std::int64_t>(kwargs, "num_inference_steps");
  settings.guidance_scale = given<double>(kwargs, "guidance_scale");
  settings.strength = given<double>(kwargs, "strength");
  settings.denoising_start = given<double>(kwargs, "denoising_start");
  settings.denoising_end = given<double>(kwargs, "denoising_end");
  settings.size = size_of(kwargs, "");
  settings.negative_size = size_of(kwargs, "negative_");
  settings.guidance_rescale = kwargs.get<double>("guidance_rescale");
  settings.true_cfg_scale = kwargs.get<double>("true_cfg_scale");
  if (kwargs.has("max_sequence_length")) {
    settings.max_sequence_length = kwargs.get<std::int64_t>("max_sequence_length");
  }
  settings.skip_layers = skip_layers_of(kwargs);
  settings.eta = kwargs.get<double>("eta");
  settings.clip_skip = kwargs.get<std::int64_t>("clip_skip");
  settings.long_prompts_in_chunks = kwargs.get<std::string>("long_prompts") == "chunks";
  settings.prompt_weights = kwargs.get<bool>("prompt_weights");
  settings.step_cache = kwargs.get<std::int64_t>("step_cache");
  settings.vae_tiling = kwargs.get<bool>("vae_tiling");
  settings.timesteps = kwargs.get<std::vector<double>>("timesteps", {});
  settings.sigmas = kwargs.get<std::vector<double>>("sigmas", {});
  settings.scheduler.name = kwargs.get<std::string>("scheduler", "");
  settings.scheduler.sigma_schedule = kwargs.get<std::string>("sigma_schedule", "");
  if (kwargs.has("scheduler_config")) {
    settings.scheduler.overrides =
        nlohmann::json::parse(kwargs.get<std::string>("scheduler_config"), nullptr, false);
    if (!settings.scheduler.overrides.is_object()) {
      throw pictor::Error(Status::invalid_argument,
                          "scheduler_config must be a map of the scheduler's keys, e.g. "
                          "{timestep_spacing: trailing}")
          .parameter("scheduler_config");
    }
  }
  return settings;
}

TextToImageRequest::Sample sample_of(const Params &kwargs) {
  TextToImageRequest::Sample sample;
  sample.negative_prompt = kwargs.get<std::string>("negative_prompt");
  sample.prompt_2 = kwargs.get<std::string>("prompt_2");
  sample.negative_prompt_2 = kwargs.get<std::string>("negative_prompt_2");
  sample.prompt_3 = kwargs.get<std::string>("prompt_3");
  sample.negative_prompt_3 = kwargs.get<std::string>("negative_prompt_3");
  sample.image = picture_of(kwargs, "image");
  sample.mask_image = picture_of(kwargs, "mask_image");
  return sample;
}

}  // namespace pictor::diffusion
