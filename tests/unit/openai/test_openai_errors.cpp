#include "load_parameters.hpp"
#include "provider_error.hpp"
#include "support/catch.hpp"

using namespace pictor::openai;
using pictor::Error;
using pictor::Status;
using Json = nlohmann::json;

namespace {

pictor::remote::HttpAnswer answer(int status, const std::string &body) {
  pictor::remote::HttpAnswer made;
  made.status = status;
  made.body = body;
  return made;
}

Error error_of(int status, const std::string &body, const std::string &model = "gpt-image-2") {
  return error_of_answer(answer(status, body), model, settings(model).endpoint);
}

Error error_with_code(int status, const std::string &code, const std::string &type = "x") {
  return error_of(status,
                  Json{{"error", {{"message", "m"}, {"type", type}, {"code", code}}}}.dump());
}

Json details_of(const Error &error) {
  const pictor_str text = error.view().details_json;
  return text.size == 0 ? Json::object() : Json::parse(text.data, text.data + text.size);
}

bool has(const Error &error, std::uint32_t flag) {
  return (error.view().flags & flag) != 0;
}

}  // namespace

TEST_CASE("an empty quota is no rate limit") {
  CHECK(error_with_code(429, "insufficient_quota").status() == Status::quota_exhausted);
  CHECK(error_with_code(429, "", "insufficient_quota").status() == Status::quota_exhausted);
  CHECK(error_with_code(400, "billing_hard_limit_reached").status() == Status::quota_exhausted);
  CHECK(error_with_code(429, "rate_limit_exceeded").status() == Status::rate_limited);
  CHECK(error_with_code(429, "").status() == Status::rate_limited);
}

TEST_CASE("a refusal, in every spelling") {
  for (const char *code : {"moderation_blocked", "content_policy_violation", "contentFilter",
                           "content_filter", "ResponsibleAIPolicyViolation"}) {
    INFO(code);
    const Error error = error_with_code(400, code);
    CHECK(error.status() == Status::content_rejected);
    CHECK(has(error, PICTOR_ERROR_RETRY_NEVER));
    CHECK_FALSE(has(error, PICTOR_ERROR_AFTER_DRAWING));
  }
  for (const char *inner : {"innererror", "inner_error", "innerError"}) {
    INFO(inner);
    const Error error = error_of(
        400, Json{{"error",
                   {{"message", "m"},
                    {"code", "BadRequest"},
                    {inner,
                     {{"code", "ResponsibleAIPolicyViolation"},
                      {"contentFilterResult",
                       {{"hate", {{"filtered", false}}}, {"violence", {{"filtered", true}}}}}}}}}}
                 .dump());
    CHECK(error.status() == Status::content_rejected);
    CHECK(details_of(error)["categories"] == Json{"violence"});
  }
}

TEST_CASE("the stage of a moderation tells whether something was drawn") {
  const auto refused_at = [](const char *stage) {
    return error_of(
        400,
        Json{{"error",
              {{"message", "m"},
               {"code", "moderation_blocked"},
               {"moderation_details", {{"categories", {"sexual"}}, {"moderation_stage", stage}}}}}}
            .dump());
  };
  CHECK(has(refused_at("output"), PICTOR_ERROR_AFTER_DRAWING));
  CHECK_FALSE(has(refused_at("input"), PICTOR_ERROR_AFTER_DRAWING));
  CHECK(details_of(refused_at("output"))["stage"] == "output");
  CHECK(details_of(refused_at("output"))["categories"] == Json{"sexual"});
}

TEST_CASE("categories in words") {
  const Error error = error_of(400, Json{{"error",
                                          {{"code", "moderation_blocked"},
                                           {"message",
                                            "no. safety_violations=[violence, self-harm]"
                                            "."}}}}
                                        .dump());
  CHECK(details_of(error)["categories"] == Json{"violence", "self-harm"});
}

TEST_CASE("a retired model names its replacement, by code or by status alone") {
  CHECK_THAT(error_of(404, R"({"error":{"code":"model_not_found"}})", "dall-e-3").what(),
             ContainsSubstring("use gpt-image-2.6-flare"));
  CHECK_THAT(error_of(404, "", "dall-e-3").what(), ContainsSubstring("use gpt-image-2.6-flare"));
  CHECK_THAT(error_of(404, "", "my-model").what(), ContainsSubstring("base_url"));
}

TEST_CASE("a key's place is named") {
  const Error error = error_of(401, R"({"error":{"message":"bad"}})");
  CHECK(error.status() == Status::unauthenticated);
  CHECK_THAT(error.what(), ContainsSubstring("OPENAI_API_KEY"));
}

TEST_CASE("bodies that are not OpenAI's") {
  CHECK_THAT(error_of(500, R"({"detail":"no GPU"})").what(), ContainsSubstring("no GPU"));
  const Error detailed = error_of(422, R"({"detail":[{"loc":["body","size"],"msg":"bad size"}]})");
  CHECK_THAT(detailed.what(), ContainsSubstring("bad size"));
  CHECK(detailed.parameter() == "size");
  CHECK_THAT(error_of(500, R"({"error":"out of memory"})").what(),
             ContainsSubstring("out of memory"));
  CHECK_THAT(error_of(502, "<html><title>Bad Gateway</title></html>").what(),
             ContainsSubstring("Bad Gateway"));
  CHECK_THAT(error_of(503, "").what(), ContainsSubstring("503"));
  for (const char *odd : {"null", "[]", "5", "\"text\"", R"({"error":null})", R"({"error":[]})",
                          R"({"error":{"message":5,"code":{}}})", R"({"detail":{}})"}) {
    INFO(odd);
    CHECK(error_of(500, odd).status() == Status::unavailable);
  }
}

TEST_CASE("x-should-retry overrules the status") {
  auto again = answer(400, R"({"error":{"message":"try again"}})");
  again.headers.set("x-should-retry", "true");
  const Endpoint endpoint = settings("gpt-image-2").endpoint;
  CHECK(error_of_answer(again, "gpt-image-2", endpoint).status() == Status::unavailable);
  CHECK(has(error_of_answer(again, "gpt-image-2", endpoint), PICTOR_ERROR_RETRY_SAFE));
  auto never = answer(500, "");
  never.headers.set("x-should-retry", "false");
  CHECK(has(error_of_answer(never, "gpt-image-2", endpoint), PICTOR_ERROR_RETRY_NEVER));
}

TEST_CASE("the field at fault is our parameter") {
  CHECK(parameter_of("n") == "num_generations");
  CHECK(parameter_of("mask") == "mask_image");
  CHECK(parameter_of("image[0]") == "image");
  CHECK(parameter_of("size") == "size");
  CHECK(parameter_of("whatever").empty());
}

TEST_CASE("an error inside of a stream") {
  const Endpoint endpoint = settings("gpt-image-2").endpoint;
  const auto head = answer(200, "");
  const auto event = [&](const Json &data, bool drew) {
    return error_of_event(data, head, drew, "gpt-image-2", endpoint);
  };
  const Json refusal = {{"error", {{"code", "moderation_blocked"}, {"message", "no"}}}};
  CHECK(has(event(refusal, true), PICTOR_ERROR_AFTER_DRAWING));
  CHECK(has(event(refusal, true), PICTOR_ERROR_MAYBE_BILLED));
  CHECK_FALSE(has(event(refusal, false), PICTOR_ERROR_AFTER_DRAWING));
  const Json flat = {{"type", "error"}, {"code", "server_error"}, {"message", "boom"}};
  CHECK(event(flat, false).status() == Status::unavailable);
  CHECK_FALSE(has(event(flat, false), PICTOR_ERROR_MAYBE_BILLED));
}
