// fal.ai by its queue, as the JavaScript client goes; the body is the Python client's.
#include "providers/provider.hpp"

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

constexpr std::string_view status_route = "/status";

std::string fal_ai_route(const Served &served) {
  return "/" + served.provider_id;
}

Json fal_ai_body(const std::string &prompt, Json parameters, const Served &served) {
  if (const auto size = take_size(parameters, "fal-ai")) {
    parameters["image_size"] = {{"width", size->width}, {"height", size->height}};
  }
  if (served.is_lora()) {
    parameters["loras"] = Json::array(
        {{{"path", served.repository_url() + "/resolve/main/" + served.weights}, {"scale", 1}}});
    if (served.provider_id == "fal-ai/lora") {
      parameters["model_name"] = "stabilityai/stable-diffusion-xl-base-1.0";
    }
  }
  parameters["prompt"] = prompt;
  return parameters;
}

void read_result(const Json &answer, Reply &reply) {
  const Json nsfw = member_of(answer, "has_nsfw_concepts");
  if (nsfw.is_array() && !nsfw.empty() && nsfw.front().is_boolean()) {
    reply.nsfw = nsfw.front().get<bool>();
    reply.blacked_out = *reply.nsfw;
  }
  const Json seconds = member_of(member_of(answer, "timings"), "inference");
  if (seconds.is_number()) reply.compute_s = seconds.get<double>();
}

Reply fal_ai_read(const Json &answer, const std::string &path) {
  Reply reply = read_picture_json(answer);
  read_result(answer, reply);
  if (reply.kind == Reply::Kind::picture) return reply;
  const std::string status = text_in(answer, "status");
  const std::string result = path_of(text_in(answer, "response_url"));
  reply.id = text_in(answer, "request_id");
  reply.cancel_path = path_of(text_in(answer, "cancel_url"));
  if (status == "COMPLETED") {
    reply.kind = Reply::Kind::elsewhere;
    reply.path = !result.empty()                ? result
                 : path.ends_with(status_route) ? path.substr(0, path.size() - status_route.size())
                                                : path;
  } else if (status == "IN_QUEUE" || status == "IN_PROGRESS") {
    reply.kind = Reply::Kind::drawing;
    reply.begun = status != "IN_QUEUE";
    reply.stage = reply.begun ? "drawing" : "in the queue";
    const Json position = member_of(answer, "queue_position");
    if (!reply.begun && position.is_number_integer()) {
      reply.stage += ", position " + std::to_string(position.get<std::int64_t>());
    }
    if (!result.empty()) reply.path = result + std::string(status_route);
  }
  return reply;
}

}  // namespace

const Provider fal_ai = {
    .name = "fal-ai",
    .direct_base = "https://queue.fal.run",
    .key_word = "Key ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = fal_ai_route,
    .body = fal_ai_body,
    .read = fal_ai_read,
    .queue = Queue{std::chrono::milliseconds(500), "?_subdomain=queue", "PUT"},
    .headers = {},
};

}  // namespace pictor::huggingface
