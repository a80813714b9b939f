// Z.ai (CogView): every request is queued, and known by its id.
#include "providers/provider.hpp"

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

std::string zai_org_route(const Served &) {
  return "/api/paas/v4/async/images/generations";
}

Json zai_org_body(const std::string &prompt, Json parameters, const Served &served) {
  if (const auto size = take_size(parameters, "zai-org")) parameters["size"] = size->text();
  parameters["prompt"] = prompt;
  parameters["model"] = served.provider_id;
  return parameters;
}

Reply zai_org_read(const Json &answer, const std::string &) {
  Reply reply;
  const std::string status = text_in(answer, "task_status");
  reply.id = text_in(answer, "id");
  if (status == "SUCCESS") {
    const Json results = member_of(answer, "image_result");
    if (results.is_array() && !results.empty()) {
      reply.picture = text_in(results.front(), "url");
      if (!reply.picture.empty()) reply.kind = Reply::Kind::picture;
    }
  } else if (status == "FAIL") {
    reply.kind = Reply::Kind::failed;
    reply.message = text_in(member_of(answer, "error"), "message");
    if (reply.message.empty()) reply.message = "the task failed without a reason";
    reply.code = text_in(member_of(answer, "error"), "code");
  } else if (status == "PROCESSING") {
    reply.kind = Reply::Kind::drawing;
    reply.stage = "drawing";
    if (!reply.id.empty()) reply.path = path_of("/api/paas/v4/async-result/" + reply.id);
  }
  return reply;
}

}  // namespace

const Provider zai_org = {
    .name = "zai-org",
    .direct_base = "https://api.z.ai",
    .key_word = "Bearer ",
    .accept = "*/*",
    .largest_seed = 2'147'483'647,
    .route = zai_org_route,
    .body = zai_org_body,
    .read = zai_org_read,
    .queue = Queue{std::chrono::milliseconds(5000), "", ""},
    .headers = {{"x-source-channel", "hugging_face"}, {"accept-language", "en-US,en"}},
};

}  // namespace pictor::huggingface
