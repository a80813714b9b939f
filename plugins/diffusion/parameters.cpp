#include "parameters.hpp"

#include "schedulers/names.hpp"

#include <nlohmann/json.hpp>

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
    if (!known.built) continue;
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

std::vector<RuntimeParameter> load_parameters() {
  return {
      P::string("model").load().required().doc(
          "A folder in the diffusers layout (model_index.json, safetensors), a safetensors file "
          "of a whole model, or a repository in the Hugging Face cache, owner/name."),
      P::string("config").load().advanced().default_value("").doc(
          "For a model in one file: a folder in the diffusers layout, or a repository in the "
          "cache, with its configurations and tokenizer."),
      P::string("revision")
          .load()
          .advanced()
          .default_value("")
          .doc("Branch, tag or commit of a repository in the cache; main when not given."),
      P::json("loras").load().doc(
          "LoRAs, fused into the weights: a list of paths or of {path, name, weight}."),
      P::choice("device")
          .load()
          .option("auto")
          .option("cpu")
          .option("cuda")
          .open()
          .default_value("auto")
          .doc("Where to draw: auto (the first GPU if there is one), cpu, cuda, cuda:N."),
      P::choice("dtype")
          .load()
          .option("auto")
          .option("float32")
          .option("bfloat16")
          .option("float16")
          .default_value("auto")
          .doc("Precision of weights and arithmetic. auto: float32 on the CPU, which agrees with "
               "diffusers; float16 on a GPU."),
      P::string("variant").load().advanced().default_value("").doc(
          "Which set of weight files, e.g. fp16 for diffusion_pytorch_model.fp16.safetensors."),
      P::integer("threads").load().advanced().same_pixels().range(0, 1024).default_value(0).doc(
          "CPU threads; 0: one for each CPU this process may use."),
      P::integer("batch_size")
          .load()
          .same_pixels()
          .range(1, 256)
          .default_value(4)
          .doc("Pictures that go through the network together. More is faster and takes more "
               "memory."),
  };
}

}  // namespace

std::vector<RuntimeParameter> diffusion_parameters() {
  std::vector<RuntimeParameter> all = load_parameters();
  const std::vector<RuntimeParameter> request = {
      P::string("negative_prompt")
          .default_value("")
          .doc("What the picture should not show; used when guidance_scale is above 1."),
      P::integer("width").unit("px").range(8, 8192).multiple_of(8).doc(
          "Width; the model's own when not given."),
      P::integer("height").unit("px").range(8, 8192).multiple_of(8).doc(
          "Height; the model's own when not given."),
      P::integer("num_inference_steps")
          .alias("steps")
          .range(1, 1000)
          .default_value(50)
          .doc("Denoising steps."),
      P::number("guidance_scale")
          .alias("cfg_scale")
          .range(0, 100)
          .default_value(7.5)
          .doc("How strongly the picture follows the prompt; at most 1 switches guidance off."),
      P::number("guidance_rescale")
          .range(0, 1)
          .default_value(0.0)
          .advanced()
          .doc("Pulls the guided prediction back to the contrast of the unguided one (Lin et al., "
               "2023)."),
      P::number("eta").range(0, 1).default_value(0.0).advanced().doc(
          "Noise that DDIM adds at each step: 0 none, 1 as DDPM."),
      P::integer("clip_skip")
          .range(0, 24)
          .default_value(0)
          .advanced()
          .doc("Layers of the text encoder left out at its end."),
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
  all.insert(all.end(), request.begin(), request.end());
  return all;
}

TextToImageRequest settings_of(const Params &kwargs) {
  TextToImageRequest settings;
  settings.width = kwargs.get<std::int64_t>("width", 0);
  settings.height = kwargs.get<std::int64_t>("height", 0);
  settings.num_inference_steps = kwargs.get<std::int64_t>("num_inference_steps");
  settings.guidance_scale = kwargs.get<double>("guidance_scale");
  settings.guidance_rescale = kwargs.get<double>("guidance_rescale");
  settings.eta = kwargs.get<double>("eta");
  settings.clip_skip = kwargs.get<std::int64_t>("clip_skip");
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

bool same_settings(const TextToImageRequest &a, const TextToImageRequest &b) {
  return a.width == b.width && a.height == b.height &&
         a.num_inference_steps == b.num_inference_steps && a.guidance_scale == b.guidance_scale &&
         a.guidance_rescale == b.guidance_rescale && a.eta == b.eta && a.clip_skip == b.clip_skip &&
         a.timesteps == b.timesteps && a.sigmas == b.sigmas &&
         a.scheduler.name == b.scheduler.name &&
         a.scheduler.sigma_schedule == b.scheduler.sigma_schedule &&
         a.scheduler.overrides == b.scheduler.overrides;
}

}  // namespace pictor::diffusion
