// Providers that speak the Images API's language: the picture comes as base64 with the answer.
#include "providers/provider.hpp"

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

Json together_body(const std::string &prompt, Json parameters, const Served &served) {
  if (const auto steps = parameters.find("num_inference_steps"); steps != parameters.end()) {
    parameters["steps"] = *steps;
    parameters.erase("num_inference_steps");
  }
  parameters["prompt"] = prompt;
  parameters["model"] = served.provider_id;
  parameters["response_format"] = "base64";
  return parameters;
}

Json nscale_body(const std::string &prompt, Json parameters, const Served &served) {
  if (const auto size = take_size(parameters, "nscale")) parameters["size"] = size->text();
  parameters.erase("num_inference_steps");  // nscale refuses them
  parameters.erase("cfg_scale");
  parameters["prompt"] = prompt;
  parameters["model"] = served.provider_id;
  parameters["response_format"] = "b64_json";
  return parameters;
}

Json deepinfra_body(const std::string &prompt, Json parameters, const Served &served) {
  parameters["prompt"] = prompt;
  parameters["model"] = served.provider_id;
  parameters["response_format"] = "b64_json";
  return parameters;
}

Reply openai_style_read(const Json &answer, const std::string &) {
  return read_picture_json(answer);
}

std::string generations(const Served &) {
  return "/v1/images/generations";
}

std::string openai_generations(const Served &) {
  return "/v1/openai/images/generations";
}

}  // namespace

const Provider together = {
    .name = "together",
    .direct_base = "https://api.together.xyz",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = generations,
    .body = together_body,
    .read = openai_style_read,
    .queue = std::nullopt,
    .headers = {},
};

const Provider nscale = {
    .name = "nscale",
    .direct_base = "https://inference.api.nscale.com",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = generations,
    .body = nscale_body,
    .read = openai_style_read,
    .queue = std::nullopt,
    .headers = {},
};

const Provider deepinfra = {
    .name = "deepinfra",
    .direct_base = "https://api.deepinfra.com",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = openai_generations,
    .body = deepinfra_body,
    .read = openai_style_read,
    .queue = std::nullopt,
    .headers = {},
};

}  // namespace pictor::huggingface
