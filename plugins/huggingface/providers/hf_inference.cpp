// Hugging Face's own inference, and the payload of dedicated endpoints.
#include "providers/provider.hpp"

#include <limits>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

std::string hf_inference_route(const Served &served) {
  return "/models/" + served.provider_id;
}

Json hf_inference_body(const std::string &prompt, Json parameters, const Served &) {
  return {{"inputs", prompt}, {"parameters", std::move(parameters)}};
}

Reply hf_inference_read(const Json &answer, const std::string &) {
  return read_picture_json(answer);
}

}  // namespace

const Provider hf_inference = {
    .name = "hf-inference",
    .direct_base = "",
    .key_word = "Bearer ",
    .accept = "image/png",  // asked for without a loss, as the Python client does
    .largest_seed = std::numeric_limits<std::int64_t>::max(),  // torch takes them all
    .route = hf_inference_route,
    .body = hf_inference_body,
    .read = hf_inference_read,
    .queue = std::nullopt,
    .headers = {},
};

}  // namespace pictor::huggingface
