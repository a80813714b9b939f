// Replicate holds a request for a minute; what is not drawn by then is looked for.
#include "providers/provider.hpp"

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

std::string replicate_route(const Served &served) {
  if (served.provider_id.find(':') != std::string::npos) return "/v1/predictions";
  return "/v1/models/" + served.provider_id + "/predictions";
}

Json replicate_body(const std::string &prompt, Json parameters, const Served &served) {
  if (served.is_lora()) parameters["lora_weights"] = served.repository_url();
  parameters["prompt"] = prompt;
  Json all = {{"input", std::move(parameters)}};
  const std::size_t colon = served.provider_id.find(':');
  if (colon != std::string::npos) all["version"] = served.provider_id.substr(colon + 1);
  return all;
}

void read_waiting(const Json &answer, Reply &reply) {
  const std::string status = text_in(answer, "status");
  if (status == "failed" || status == "canceled" || status == "aborted") {
    reply.kind = Reply::Kind::failed;
    reply.message = text_in(answer, "error");
    if (reply.message.empty()) reply.message = "the prediction was " + status;
  } else if (status == "starting" || status == "processing") {
    reply.kind = Reply::Kind::drawing;
    reply.begun = status == "processing";
    reply.stage = status;
    const Json urls = member_of(answer, "urls");
    reply.path = path_of(text_in(urls, "get"));
    if (reply.path.empty() && !reply.id.empty())
      reply.path = path_of("/v1/predictions/" + reply.id);
    reply.cancel_path = path_of(text_in(urls, "cancel"));
    if (reply.cancel_path.empty() && !reply.path.empty()) {
      reply.cancel_path = reply.path + "/cancel";
    }
  }
}

Reply replicate_read(const Json &answer, const std::string &) {
  Reply reply;
  reply.id = text_in(answer, "id");
  const Json output = member_of(answer, "output");
  if (output.is_string()) reply.picture = output.get<std::string>();
  if (output.is_array() && !output.empty() && output.front().is_string()) {
    reply.picture = output.front().get<std::string>();
  }
  const Json seconds = member_of(member_of(answer, "metrics"), "predict_time");
  if (seconds.is_number()) reply.compute_s = seconds.get<double>();
  if (reply.picture.empty()) {
    read_waiting(answer, reply);
  } else {
    reply.kind = Reply::Kind::picture;
  }
  return reply;
}

}  // namespace

const Provider replicate = {
    .name = "replicate",
    .direct_base = "https://api.replicate.com",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = replicate_route,
    .body = replicate_body,
    .read = replicate_read,
    .queue = Queue{std::chrono::milliseconds(1000), "", "POST"},
    .headers = {{"Prefer", "wait"}},
};

}  // namespace pictor::huggingface
