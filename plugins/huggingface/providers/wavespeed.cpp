// WaveSpeedAI: every request is queued.
#include "providers/provider.hpp"

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

std::string wavespeed_route(const Served &served) {
  return "/api/v3/" + served.provider_id;
}

Json wavespeed_body(const std::string &prompt, Json parameters, const Served &served) {
  if (served.is_lora()) {
    parameters["loras"] = Json::array({{{"path", served.hub_id}, {"scale", 1}}});
  }
  parameters["prompt"] = prompt;
  return parameters;
}

void read_nsfw(const Json &data, Reply &reply) {
  const Json flags = member_of(data, "has_nsfw_contents");
  if (flags.is_array() && !flags.empty() && flags.front().is_boolean()) {
    reply.nsfw = flags.front().get<bool>();
  }
}

Reply wavespeed_read(const Json &answer, const std::string &) {
  Reply reply;
  const Json data = member_of(answer, "data");
  const std::string status = text_in(data, "status");
  reply.id = text_in(data, "id");
  read_nsfw(data, reply);
  const Json milliseconds = member_of(member_of(data, "timings"), "inference");
  if (milliseconds.is_number()) reply.compute_s = milliseconds.get<double>() / 1e3;
  if (status == "completed") {
    const Json outputs = member_of(data, "outputs");
    if (outputs.is_array() && !outputs.empty() && outputs.front().is_string()) {
      reply.kind = Reply::Kind::picture;
      reply.picture = outputs.front().get<std::string>();
    } else if (reply.nsfw.value_or(false)) {
      reply.kind = Reply::Kind::failed;
      reply.message = "NSFW content was found in the picture";
    }
  } else if (status == "failed") {
    reply.kind = Reply::Kind::failed;
    reply.message = text_in(data, "error");
  } else if (status == "created" || status == "processing") {
    reply.kind = Reply::Kind::drawing;
    reply.begun = status != "created";
    reply.stage = status;
    reply.path = path_of(text_in(member_of(data, "urls"), "get"));
  }
  return reply;
}

}  // namespace

const Provider wavespeed = {
    .name = "wavespeed",
    .direct_base = "https://api.wavespeed.ai",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = wavespeed_route,
    .body = wavespeed_body,
    .read = wavespeed_read,
    .queue = Queue{std::chrono::milliseconds(500), "", ""},
    .headers = {},
};

}  // namespace pictor::huggingface
