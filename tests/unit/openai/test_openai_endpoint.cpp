#include "endpoint.hpp"
#include "load_parameters.hpp"
#include "support/catch.hpp"
#include <pictor/error.hpp>

using namespace pictor::openai;
using pictor::Error;
using pictor::Params;

namespace {

Endpoint endpoint(const Params &given) {
  return endpoint_of(load_parameters(given));
}

std::string message_of(const Params &given) {
  try {
    endpoint(given);
  } catch (const Error &error) {
    return error.what();
  }
  return {};
}

Params azure() {
  Params given;
  given.set("api", std::string("azure")).set("api_version", std::string("2025-04-01-preview"));
  given.set("azure_endpoint", std::string("https://mine.openai.azure.com/"));
  return given;
}

}  // namespace

TEST_CASE("an address is completed, whatever its end") {
  for (const char *base : {"http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1///"}) {
    const Endpoint made = endpoint(Params().set("base_url", std::string(base)));
    CHECK(made.url("images/edits") == "http://127.0.0.1:8080/v1/images/edits");
    CHECK_FALSE(made.is_openai);
  }
  CHECK(endpoint({}).is_openai);
  CHECK(endpoint(Params().set("base_url", std::string("https://eu.api.openai.com/v1"))).is_openai);
  CHECK_FALSE(
      endpoint(Params().set("base_url", std::string("https://notopenai.com/v1"))).is_openai);
}

TEST_CASE("what is no address is refused, without repeating a password") {
  CHECK_THAT(message_of(Params().set("base_url", std::string("localhost:8080"))),
             ContainsSubstring("http"));
  CHECK_THAT(message_of(Params().set("base_url", std::string("https://a.b/v1?key=1"))),
             ContainsSubstring("'?'"));
  const std::string message =
      message_of(Params().set("base_url", std::string("https://user:hunter2@a.b/v1")));
  CHECK_THAT(message, ContainsSubstring("password"));
  CHECK(message.find("hunter2") == std::string::npos);
}

TEST_CASE("Azure's address holds the deployment, and the key goes under its own name") {
  Params given = azure();
  given.set("azure_deployment", std::string("my images")).set("azure_api_key", std::string("AZ"));
  const Endpoint made = endpoint(given);
  CHECK(made.url("images/generations") ==
        "https://mine.openai.azure.com/openai/deployments/my%20images/images/generations"
        "?api-version=2025-04-01-preview");
  REQUIRE(made.secret_headers.size() == 1);
  CHECK(made.secret_headers[0].name == "api-key");
  CHECK(made.secret_headers[0].secret == "AZ");
}

TEST_CASE("Azure: a written key, then a token, then Azure's key, never OpenAI's") {
  Params given = azure();
  given.set("api_key", std::string("OPENAI_API_KEY"));
  CHECK(endpoint(given).secret_headers.empty());
  given.set("azure_api_key", std::string("AZURE_OPENAI_API_KEY"));
  CHECK(endpoint(given).secret_headers.at(0).secret == "AZURE_OPENAI_API_KEY");
  given.set("azure_ad_token", std::string("TOKEN"));
  CHECK(endpoint(given).secret_headers.at(0).name == "Authorization");
  given.set("api_key", std::string("MINE"));
  CHECK(endpoint(given).secret_headers.at(0).secret == "MINE");
  CHECK_THAT(message_of(Params().set("api", std::string("azure"))),
             ContainsSubstring("AZURE_OPENAI_ENDPOINT"));
}

TEST_CASE("headers of the user's own") {
  Params given;
  given.set("headers", std::string(R"({"X-Team": "a", "authorization": "Basic x"})"));
  given.set("api_key", std::string("OPENAI_API_KEY"));
  const Endpoint made = endpoint(given);
  CHECK(made.headers.find("x-team") == std::string("a"));
  CHECK(made.secret_headers.empty());  // theirs takes its place
  for (const char *bad : {"[]", R"({"A": 1})", R"({"A\nB": "c"})", R"({"A": "b\r\nC: d"})",
                          R"({"Content-Type": "text/plain"})"}) {
    INFO(bad);
    CHECK_FALSE(message_of(Params().set("headers", std::string(bad))).empty());
  }
}

TEST_CASE("header lines give way to headers that are there") {
  Endpoint made = endpoint(Params().set("headers", std::string(R"({"X-A": "kept"})")));
  add_header_lines(made, "X-A: lost\r\n\n  X-B :  b c \nX-C:");
  CHECK(made.headers.find("X-A") == std::string("kept"));
  CHECK(made.headers.find("X-B") == std::string("b c"));
  CHECK(made.headers.find("X-C") == std::string(""));
  CHECK_THROWS_AS(add_header_lines(made, "no colon"), Error);
}

TEST_CASE("what a server echoes of a header is cut out of messages") {
  const Endpoint made = endpoint(Params().set("headers", std::string(R"({"X-K": "topsecret"})")));
  CHECK(without_secrets("you sent topsecret, topsecret!", made) == "you sent ***, ***!");
}
