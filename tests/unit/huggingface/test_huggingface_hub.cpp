#include "hub.hpp"
#include "place.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

using namespace pictor::huggingface;
using pictor::Error;
using pictor::Params;

namespace {

std::vector<ServedBy> mapping(const char *entries) {
  return read_mapping(nlohmann::ordered_json::parse(std::string(R"({"inferenceProviderMapping":)") +
                                                    entries + "}"));
}

std::string chosen(const std::vector<ServedBy> &all, const std::string &provider,
                   std::string *doubt = nullptr) {
  return choose_provider(all, "a/b", provider,
                         [&](const std::string &text) {
                           if (doubt != nullptr) *doubt = text;
                         })
      .provider;
}

std::string refusal(const std::vector<ServedBy> &all, const std::string &provider) {
  try {
    chosen(all, provider);
  } catch (const Error &error) {
    return error.what();
  }
  return {};
}

Settings settings(const Params &given) {
  Params load = Params::complete(huggingface_parameters(), PICTOR_SCOPE_LOAD, given);
  return settings_of(load);
}

constexpr const char *two =
    R"({"together":{"status":"live","providerId":"t","task":"text-to-image"},
  "fal-ai":{"status":"staging","providerId":"f","task":"text-to-image","adapter":"lora",
            "adapterWeightsPath":"w"}})";

}  // namespace

TEST_CASE("a mapping keeps the hub's order, in both shapes") {
  const auto object = mapping(two);
  REQUIRE(object.size() == 2);
  CHECK(object[0].provider == "together");
  CHECK(object[1].adapter == "lora");
  CHECK(object[1].weights == "w");
  const auto list = mapping(R"([{"provider":"nscale","providerId":"n","task":"text-to-image"}])");
  REQUIRE(list.size() == 1);
  CHECK(list[0].provider == "nscale");
  for (const char *odd : {"null", "5", "[]", "{}", "[1,null]", R"({"x":null})"}) {
    INFO(odd);
    CHECK_NOTHROW(mapping(odd));
    CHECK_FALSE(refusal(mapping(odd), "auto").empty());
  }
}

TEST_CASE("auto takes the first that draws and works") {
  CHECK(chosen(mapping(two), "auto") == "together");
  CHECK(chosen(mapping(R"({"groq":{"status":"live","providerId":"g","task":"text-to-image"},
      "together":{"status":"error","providerId":"t","task":"text-to-image"},
      "fal-ai":{"status":"live","providerId":"c","task":"conversational"},
      "nscale":{"status":"live","providerId":"n","task":"text-to-image"}})"),
               "auto") == "nscale");
  std::string doubt;
  CHECK(
      chosen(mapping(R"({"together":{"status":"error","providerId":"t","task":"text-to-image"}})"),
             "auto", &doubt) == "together");
  CHECK_THAT(doubt, ContainsSubstring("'error'"));
}

TEST_CASE("a provider that cannot be asked names those that can") {
  CHECK_THAT(refusal(mapping(two), "hyperbolic"), ContainsSubstring("removed"));
  CHECK_THAT(refusal(mapping(two), "hyperbolic"), ContainsSubstring("together, fal-ai"));
  CHECK_THAT(refusal(mapping(two), "nscale"), ContainsSubstring("does not serve"));
  CHECK_THAT(refusal(mapping(two), "cohere"), ContainsSubstring("zai-org"));
  std::string doubt;
  CHECK(chosen(mapping(two), "fal-ai", &doubt) == "fal-ai");
  CHECK_THAT(doubt, ContainsSubstring("staging"));
}

TEST_CASE("where requests go") {
  const Settings mine =
      settings(Params().set("model", std::string("a/b")).set("bill_to", std::string("my-org")));
  Key key{{"", "", "HF_TOKEN"}, true};
  Place place = provider_place(mine, key, fal_ai, {"a/b", "fal-ai/x", "", ""});
  const auto request = place.request(ask_of("x", {}), 1);
  CHECK(request.url == "https://router.huggingface.co/fal-ai/fal-ai/x?_subdomain=queue");
  CHECK(request.headers.find("x-hf-bill-to") == std::string("my-org"));
  CHECK(request.secret_headers.at(0).before == "Bearer ");
  key.is_hub = false;
  place = provider_place(mine, key, fal_ai, {"a/b", "fal-ai/x", "", ""});
  CHECK(place.request(ask_of("x", {}), 1).url == "https://queue.fal.run/fal-ai/x");
  CHECK(place.secret_headers.at(0).before == "Key ");
  CHECK_FALSE(place.headers.find("x-hf-bill-to"));
  place = provider_place(mine, key, hf_inference, {"a/b", "a/b", "", ""});
  CHECK(place.request(ask_of("x", {}), 1).url ==
        "https://router.huggingface.co/hf-inference/models/a/b");
  const auto look = provider_place(mine, key, replicate, {}).look("/v1/predictions/p");
  CHECK(look.url == "https://api.replicate.com/v1/predictions/p");
  CHECK_FALSE(look.headers.find("prefer"));
}

TEST_CASE("an endpoint is asked as it is") {
  const Settings mine = settings(Params()
                                     .set("base_url", std::string("https://e.example/route/?x=1"))
                                     .set("scale_up_timeout", std::int64_t{60}));
  const auto request = endpoint_place(mine, std::nullopt).request(ask_of("x", {}), 1ull << 62);
  CHECK(request.url == "https://e.example/route/?x=1");
  CHECK(request.headers.find("x-scale-up-timeout") == std::string("60"));
  CHECK(request.secret_headers.empty());
  CHECK_THAT(request.body, ContainsSubstring("4611686018427387904"));
}

TEST_CASE("load parameters that cannot be") {
  const auto fails = [](Params given) {
    try {
      settings(given);
    } catch (const Error &error) {
      return error.parameter();
    }
    return std::string();
  };
  using std::string;
  CHECK(fails({}) == "model");
  for (const char *id : {"/models/x", "a b", "../x", "a/b/", "a//b", "a?b"}) {
    INFO(id);
    CHECK(fails(Params().set("model", string(id))) == "model");
  }
  const auto with = [](const char *name, const char *value) {
    return Params().set("model", string("a/b")).set(name, string(value));
  };
  CHECK(fails(with("router_url", "router")) == "router_url");
  CHECK(fails(with("hub_url", "https://u:p@h")) == "hub_url");
  CHECK(fails(with("hub_url", "https://h?x")) == "hub_url");
  CHECK(fails(with("bill_to", "a\nb")) == "bill_to");
  CHECK(fails(with("base_url", "https://e").set("provider", string("nscale"))) == "provider");
  CHECK(fails(with("provider", "nscale")).empty());
}
