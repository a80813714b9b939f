#include "ask.hpp"
#include "providers/provider.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

using namespace pictor::huggingface;
using pictor::Error;
using pictor::Params;
using Json = nlohmann::json;
using Kind = Reply::Kind;

namespace {

Json body_of(const Provider &provider, const Json &parameters, const Served &served = {}) {
  return provider.body("x", parameters, served);
}

Reply read(const Provider &provider, const char *answer, const std::string &path = {}) {
  return provider.read(Json::parse(answer), path);
}

}  // namespace

TEST_CASE("a row in huggingface_hub's words: only what was given, whole numbers whole") {
  Params kwargs;
  kwargs.set("width", std::int64_t{768}).set("guidance_scale", 3.0);
  kwargs.set("negative_prompt", std::string());
  kwargs.set("extra_body", std::string(R"({"output_format": "png", "width": 512})"));
  const Ask ask = ask_of("a fox", kwargs);
  CHECK(ask.prompt == "a fox");
  CHECK(ask.with_seed(7) == Json{{"width", 512},
                                 {"guidance_scale", 3},
                                 {"negative_prompt", ""},
                                 {"output_format", "png"},
                                 {"seed", 7}});
  CHECK_THROWS_AS(ask_of("x", Params().set("extra_body", std::string("[1]"))), Error);
  CHECK_THROWS_AS(ask_of("x", Params().set("extra_body", std::string(R"({"n": 2})"))), Error);
}

TEST_CASE("sizes have each provider's own shape, and need both sides where they are one") {
  const Json size = {{"width", 1024}, {"height", 768}};
  CHECK(body_of(fal_ai, size)["image_size"] == size);
  CHECK(body_of(nscale, size)["size"] == "1024x768");
  CHECK(body_of(zai_org, size)["size"] == "1024x768");
  CHECK(body_of(together, size)["width"] == 1024);
  CHECK(body_of(replicate, size)["input"]["height"] == 768);
  CHECK(body_of(hf_inference, size)["parameters"] == size);
  for (const Provider *provider : {&fal_ai, &nscale, &zai_org}) {
    CHECK_THROWS_AS(body_of(*provider, {{"width", 8}}), Error);
    CHECK_THROWS_AS(body_of(*provider, {{"width", "8"}, {"height", 8}}), Error);
  }
}

TEST_CASE("adapters are named where the provider fetches them") {
  Served served{"me/my-lora", "fal-ai/lora", "lora", "w.safetensors"};
  const Json fal = body_of(fal_ai, Json::object(), served);
  CHECK(fal["loras"][0]["path"] == "https://huggingface.co/me/my-lora/resolve/main/w.safetensors");
  CHECK(fal["model_name"] == "stabilityai/stable-diffusion-xl-base-1.0");
  served.provider_id = "fal-ai/flux-lora";
  CHECK_FALSE(body_of(fal_ai, Json::object(), served).contains("model_name"));
  CHECK(body_of(replicate, Json::object(), served)["input"]["lora_weights"] ==
        "https://huggingface.co/me/my-lora");
  CHECK(body_of(wavespeed, Json::object(), served)["loras"][0]["path"] == "me/my-lora");
}

TEST_CASE("replicate's versions go into the body") {
  const Served served{"a/b", "stability-ai/sdxl:7762fd07", "", ""};
  CHECK(replicate.route(served) == "/v1/predictions");
  CHECK(body_of(replicate, Json::object(), served)["version"] == "7762fd07");
  CHECK(replicate.route({"a/b", "c/d", "", ""}) == "/v1/models/c/d/predictions");
}

TEST_CASE("of an address only the path is followed") {
  CHECK(path_of("https://queue.fal.run/fal-ai/flux/requests/1?x=1#y") == "/fal-ai/flux/requests/1");
  CHECK(path_of("/v1/predictions/p1") == "/v1/predictions/p1");
  for (const char *bad : {"", "relative", "https://host", "https://host/a/../b", "https://h/..",
                          "/a\r\nX: y", "/a b", "/%2e%2e/b", "/a\\b", "/caf\xC3\xA9"}) {
    INFO(bad);
    CHECK(path_of(bad).empty());
  }
  CHECK(path_of("/" + std::string(2000, 'a')).empty());
}

TEST_CASE("fal-ai: in the queue, drawing, done elsewhere, a picture") {
  Reply reply = read(fal_ai, R"({"status":"IN_QUEUE","request_id":"r","queue_position":3,
      "response_url":"https://queue.fal.run/a/requests/r",
      "cancel_url":"https://queue.fal.run/a/requests/r/cancel"})");
  CHECK(reply.kind == Kind::drawing);
  CHECK(reply.path == "/a/requests/r/status");
  CHECK(reply.cancel_path == "/a/requests/r/cancel");
  CHECK(reply.stage == "in the queue, position 3");
  CHECK_FALSE(reply.begun);
  reply = read(fal_ai, R"({"status":"IN_PROGRESS"})", "/a/requests/r/status");
  CHECK(reply.kind == Kind::drawing);
  CHECK(reply.begun);
  CHECK(reply.path.empty());
  reply = read(fal_ai, R"({"status":"COMPLETED"})", "/a/requests/r/status");
  CHECK(reply.kind == Kind::elsewhere);
  CHECK(reply.path == "/a/requests/r");
  reply = read(fal_ai, R"({"images":[{"url":"https://h/x.png"}],"seed":5,
      "has_nsfw_concepts":[true],"timings":{"inference":0.5}})");
  CHECK(reply.kind == Kind::picture);
  CHECK(reply.picture == "https://h/x.png");
  CHECK(reply.seed == 5u);
  CHECK(reply.blacked_out);
  CHECK(reply.compute_s == 0.5);
}

TEST_CASE("what is none of a provider's states is unclear") {
  for (const Provider *provider :
       {&fal_ai, &replicate, &together, &nscale, &deepinfra, &wavespeed, &zai_org, &hf_inference}) {
    for (const char *odd :
         {"{}", "[]", "null", "1", R"({"data":null})", R"({"data":[]})", R"({"images":[{}]})",
          R"({"status":5})", R"({"data":{"status":"new"}})", R"({"output":{}})",
          R"({"task_status":"SUCCESS","image_result":[]})", R"({"output":[null]})"}) {
      INFO(provider->name << " " << odd);
      CHECK(read(*provider, odd).kind == Kind::unclear);
    }
  }
}

TEST_CASE("failures tell why") {
  CHECK(read(replicate, R"({"status":"failed","error":"NSFW"})").message == "NSFW");
  CHECK(read(replicate, R"({"status":"canceled"})").kind == Kind::failed);
  CHECK(read(wavespeed, R"({"data":{"status":"failed","error":"no"}})").message == "no");
  CHECK(read(wavespeed, R"({"data":{"status":"completed","outputs":[],
      "has_nsfw_contents":[true]}})")
            .kind == Kind::failed);
  CHECK(read(zai_org, R"({"task_status":"FAIL"})").kind == Kind::failed);
}

TEST_CASE("a prediction without addresses is looked for by its id") {
  const Reply reply = read(replicate, R"({"id":"p1","status":"starting","output":null})");
  CHECK(reply.kind == Kind::drawing);
  CHECK(reply.path == "/v1/predictions/p1");
  CHECK(reply.cancel_path == "/v1/predictions/p1/cancel");
  CHECK_FALSE(reply.begun);
  CHECK(read(replicate, R"({"id":"../x","status":"starting"})").path.empty());
  CHECK(read(zai_org, R"({"id":"t","task_status":"PROCESSING"})").path ==
        "/api/paas/v4/async-result/t");
}
