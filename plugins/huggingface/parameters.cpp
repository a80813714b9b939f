#include "parameters.hpp"

#include <pictor/error.hpp>

#include <cmath>

namespace pictor::huggingface {

namespace {

using P = RuntimeParameter;

constexpr double longest_wait = 7 * 24 * 3600;

std::vector<RuntimeParameter> where_parameters() {
  return {
      P::string("model").load().doc(
          "The model's id on the hub, e.g. black-forest-labs/FLUX.1-schnell. With base_url, what "
          "the dataset calls the endpoint's model."),
      P::choice("provider")
          .load()
          .open()
          .limit_key()
          .default_value("auto")
          .option("auto", "the first that the hub lists for you")
          .option("hf-inference")
          .option("fal-ai")
          .option("replicate")
          .option("together")
          .option("nscale")
          .option("wavespeed")
          .option("zai-org")
          .option("deepinfra")
          .doc("Who draws: one of Hugging Face's Inference Providers."),
      P::string("base_url")
          .load()
          .alias("endpoint_url")
          .limit_key()
          .doc("The URL of a dedicated Inference Endpoint, or of another server that takes "
               "{inputs, parameters}: asked as it is, in place of a provider."),
      P::secret("api_key")
          .load()
          .env("HF_TOKEN")
          .limit_key()
          .same_pixels()
          .doc("A Hugging Face token (hf_...), or a provider's own key: then the provider is asked "
               "directly. As ${NAME} of an environment variable; without one, the token that `hf "
               "auth login` stored."),
      P::string("bill_to").load().limit_key().same_pixels().doc(
          "The organization on the hub that pays."),
  };
}

std::vector<RuntimeParameter> address_parameters() {
  return {
      P::string("hub_url")
          .load()
          .env("HF_ENDPOINT")
          .advanced()
          .same_pixels()
          .default_value("https://huggingface.co")
          .doc("Where the hub is: asked which providers serve the model."),
      P::string("router_url")
          .load()
          .advanced()
          .same_pixels()
          .limit_key()
          .default_value("https://router.huggingface.co")
          .doc("Where Hugging Face's router is, for proxies and tests."),
      P::string("provider_url")
          .load()
          .advanced()
          .same_pixels()
          .limit_key()
          .doc("Where the provider's own API is, when asked with the provider's own key; its "
               "public address when not given."),
      P::secret("hub_token")
          .load()
          .env("HUGGING_FACE_HUB_TOKEN")
          .advanced()
          .same_pixels()
          .doc("A Hugging Face token for when api_key has none or a provider's own."),
      P::path("token_path")
          .load()
          .env("HF_TOKEN_PATH")
          .advanced()
          .same_pixels()
          .doc("The file where `hf auth login` stored a token; by default `token` in HF_HOME."),
      P::path("hf_home").load().env("HF_HOME").advanced().same_pixels().doc(
          "Hugging Face's folder; by default ~/.cache/huggingface."),
  };
}

std::vector<RuntimeParameter> waiting_parameters() {
  return {
      P::number("timeout")
          .load()
          .unit("s")
          .above(0)
          .maximum(longest_wait)
          .default_value(600.0)
          .same_pixels()
          .doc("How long one request may take; slow models need minutes."),
      P::number("queue_timeout")
          .load()
          .advanced()
          .unit("s")
          .above(0)
          .maximum(longest_wait)
          .default_value(1800.0)
          .same_pixels()
          .doc("How long a picture may stay with a provider that queues; then it is cancelled "
               "there, where that is possible."),
      P::number("poll_interval")
          .load()
          .advanced()
          .unit("s")
          .range(0.01, 3600)
          .same_pixels()
          .doc("Between two looks at a provider's queue; the provider's usual pace when not "
               "given."),
      P::number("startup_timeout")
          .load()
          .advanced()
          .unit("s")
          .range(0, longest_wait)
          .default_value(900.0)
          .same_pixels()
          .doc("How long an endpoint that was scaled to zero may take to start before the first "
               "picture; 0: it is not waited for."),
      P::integer("scale_up_timeout")
          .load()
          .advanced()
          .unit("s")
          .range(0, 3600)
          .default_value(std::int64_t{0})
          .same_pixels()
          .doc("Asks an endpoint's proxy to hold a request so long while the endpoint starts "
               "(X-Scale-Up-Timeout); 0: not sent."),
      P::boolean("wait_for_model")
          .load()
          .advanced()
          .same_pixels()
          .default_value(false)
          .doc("Asks a server to hold a request until its model is loaded (x-wait-for-model)."),
      P::boolean("use_cache")
          .load()
          .advanced()
          .default_value(true)
          .doc("false asks a server not to answer from its cache (x-use-cache)."),
      P::string("proxy").load().advanced().same_pixels().doc(
          "A proxy, e.g. http://proxy:3128; the environment's https_proxy and no_proxy when not "
          "given."),
      P::path("ca_file").load().advanced().same_pixels().doc(
          "Certificates to trust, in PEM, in place of the system's."),
      P::boolean("allow_private_downloads")
          .load()
          .advanced()
          .same_pixels()
          .default_value(false)
          .doc("Fetch pictures that an answer names by URL from loopback and private addresses "
               "too. From the server that answered they are fetched always."),
  };
}

std::vector<RuntimeParameter> picture_parameters() {
  return {
      P::string("negative_prompt")
          .doc("What the picture should not show, where the model knows "
               "such a thing."),
      P::integer("num_inference_steps")
          .range(1, 1000)
          .affects_cost()
          .doc("Denoising steps; the model's own number when not given."),
      P::number("guidance_scale").range(0, 100).doc("How closely the prompt is followed."),
      P::integer("width").unit("px").range(1, 65536).affects_cost().doc("Of the picture."),
      P::integer("height").unit("px").range(1, 65536).affects_cost().doc("Of the picture."),
      P::choice("scheduler")
          .open()
          .option("EulerDiscreteScheduler")
          .option("EulerAncestralDiscreteScheduler")
          .option("DPMSolverMultistepScheduler")
          .option("DDIMScheduler")
          .option("FlowMatchEulerDiscreteScheduler")
          .doc("A scheduler of diffusers by its class name, or what the provider calls one."),
      P::json("extra_body")
          .advanced()
          .doc("Further parameters, as the provider or endpoint knows them: {output_format: png, "
               "enable_safety_checker: false}."),
  };
}

std::chrono::milliseconds milliseconds_of(const Params &load, const char *id) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::ceil(load.get<double>(id) * 1e3)));
}

// An http or https URL without its last slashes.
std::string checked_url(const Params &load, const std::string &id) {
  std::string url = load.get<std::string>(id, "");
  if (url.empty()) return url;
  if (url.find('@') != std::string::npos) {
    throw mistake(id, id + " must not hold a user name or password: URLs end up in logs; use "
                           "api_key");
  }
  if (remote::origin_of(url).empty() || url.find_first_of("# ") != std::string::npos) {
    throw mistake(id, id + ": '" + url + "' is no http or https URL");
  }
  if (id == "base_url") return url;  // asked as it is
  while (url.ends_with('/')) url.pop_back();
  if (url.find('?') != std::string::npos) {
    throw mistake(id, id + " must end with the path: no '?'");
  }
  return url;
}

// owner/name, or a name alone; nothing that would change the URL it becomes part of.
void check_model(const std::string &model) {
  const bool plain = model.find_first_not_of(
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./") ==
                     std::string::npos;
  if (!model.empty() && model.front() == '/') {
    throw mistake("model",
                  "model: '" + model +
                      "' is a folder of this machine; Hugging Face "
                      "draws with models of the hub, e.g. black-forest-labs/FLUX.1-schnell "
                      "(the diffusion plugin draws with folders)");
  }
  if (!plain || model.ends_with('/') || model.find("..") != std::string::npos ||
      model.find("//") != std::string::npos) {
    throw mistake("model", "model: '" + model +
                               "' is no id of the hub, which looks like "
                               "black-forest-labs/FLUX.1-schnell");
  }
}

void read_place(Settings &settings, const Params &load) {
  settings.model = load.get<std::string>("model", "");
  settings.provider = load.get<std::string>("provider");
  settings.endpoint = checked_url(load, "base_url");
  settings.router_url = checked_url(load, "router_url");
  settings.hub_url = checked_url(load, "hub_url");
  settings.provider_url = checked_url(load, "provider_url");
  settings.bill_to = load.get<std::string>("bill_to", "");
  if (settings.bill_to.find_first_of("\r\n") != std::string::npos) {
    throw mistake("bill_to", "bill_to must be one line: the name of an organization on the hub");
  }
  if (settings.endpoint.empty()) {
    if (settings.model.empty()) {
      throw mistake("model",
                    "model is missing: name one of the hub, e.g. "
                    "black-forest-labs/FLUX.1-schnell, or a dedicated endpoint with base_url");
    }
    return check_model(settings.model);
  }
  if (settings.provider != "auto") {
    throw mistake("provider",
                  "base_url and provider exclude each other: an endpoint is asked as it is");
  }
}

}  // namespace

std::vector<RuntimeParameter> huggingface_parameters() {
  std::vector<RuntimeParameter> all;
  for (const auto &group :
       {where_parameters(), picture_parameters(), address_parameters(), waiting_parameters()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

Error mistake(const std::string &parameter, const std::string &message) {
  return Error(Status::invalid_argument, message).parameter(parameter);
}

Settings settings_of(const Params &load) {
  Settings settings;
  read_place(settings, load);
  settings.keys = {load.get<std::string>("api_key", ""), load.get<std::string>("hub_token", ""),
                   load.get<std::string>("token_path", ""), load.get<std::string>("hf_home", "")};
  settings.timeout = milliseconds_of(load, "timeout");
  settings.queue_timeout = milliseconds_of(load, "queue_timeout");
  if (load.has("poll_interval")) settings.poll_interval = milliseconds_of(load, "poll_interval");
  settings.startup_timeout = milliseconds_of(load, "startup_timeout");
  settings.scale_up_timeout = std::chrono::seconds(load.get<std::int64_t>("scale_up_timeout"));
  settings.wait_for_model = load.get<bool>("wait_for_model");
  settings.use_cache = load.get<bool>("use_cache");
  settings.private_downloads = load.get<bool>("allow_private_downloads");
  settings.client.user_agent = "pictor-huggingface/0.1.0";
  settings.client.proxy = load.get<std::string>("proxy", "");
  settings.client.ca_file = load.get<std::string>("ca_file", "");
  return settings;
}

}  // namespace pictor::huggingface
