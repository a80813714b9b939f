#include "image_answer.hpp"
#include "load_parameters.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <iterator>

using namespace pictor::openai;
using pictor::Error;
using pictor::Image;

namespace {

pictor::remote::HttpAnswer answer(const std::string &body) {
  pictor::remote::HttpAnswer made;
  made.status = 200;
  made.body = body;
  made.headers = {{"content-type", "application/json"},
                  {"X-Request-Id", "req_1"},
                  {"x-ratelimit-remaining-tokens", "149984"},
                  {"x-ratelimit-reset-tokens", "6m0s"},
                  {"x-ratelimit-remaining-requests", "soon"}};
  return made;
}

nlohmann::json capture(const std::string &name) {
  std::ifstream file(std::string(PICTOR_TESTS_DIR) + "/golden/openai/" + name + ".json");
  return nlohmann::json::parse(file)["response"]["body"];
}

ImagesAnswer read(const std::string &body) {
  return read_images(answer(body), settings("gpt-image-2").endpoint);
}

std::uint32_t flags_of(const std::string &body) {
  try {
    read(body);
  } catch (const Error &error) {
    CHECK(error.status() == pictor::Status::protocol);
    return error.view().flags;
  }
  return UINT32_MAX;
}

}  // namespace

TEST_CASE("pictures keep their bytes, and what the answer tells of them") {
  const ImagesAnswer images = read(capture("generate-unicode-prompt").dump());
  REQUIRE(images.pictures.size() == 1);
  const auto *image = std::get_if<Image>(&images.pictures[0].content);
  REQUIRE(image != nullptr);
  CHECK(image->layout().size == 98);  // assets/rgb.png
  CHECK(images.notes.request_id == "req_1");
  CHECK(images.notes.columns["size"] == "1024x1024");
  CHECK(images.notes.columns["output_tokens"] == 1056);
  CHECK(images.notes.columns["output_tokens_details"]["image_tokens"] == 1056);
  CHECK(images.notes.columns["ratelimit_remaining_tokens"] == 149984);
  CHECK(images.notes.columns["ratelimit_reset_tokens_ms"] == 360'000);
  CHECK_FALSE(images.notes.columns.contains("ratelimit_remaining_requests"));
}

TEST_CASE("an entry is a picture, an address, or what is wrong with it") {
  const ImagesAnswer images = read(
      R"({"data":[{"url":"https://a/b.png","revised_prompt":"a cat"},{"b64_json":"!"},{},5,
          {"b64_json":"PGh0bWw+"}]})");
  REQUIRE(images.pictures.size() == 5);
  CHECK(std::get<AnsweredPicture::Address>(images.pictures[0].content).url == "https://a/b.png");
  CHECK(images.pictures[0].revised_prompt == "a cat");
  for (std::size_t i = 1; i < 5; ++i) {
    const auto *error = std::get_if<Error>(&images.pictures[i].content);
    REQUIRE(error != nullptr);
    CHECK((error->view().flags & PICTOR_ERROR_BILLED) != 0);
  }
}

TEST_CASE("unknown values pass, and a value of another type is no reason to lose a picture") {
  auto body = capture("generate-unicode-prompt");
  body["quality"] = "ultra";
  body["size"] = 7;
  body["usage"] = "much";
  body["created"] = "now";
  body["data"][0]["revised_prompt"] = nullptr;
  const ImagesAnswer images = read(body.dump());
  CHECK(std::holds_alternative<Image>(images.pictures.at(0).content));
  CHECK(images.notes.columns["quality"] == "ultra");
  CHECK_FALSE(images.notes.columns.contains("size"));
}

TEST_CASE("what is no images answer: cut JSON may be paid for, a page was never drawn") {
  CHECK((flags_of("{\"created\":1,\"data\":[") & PICTOR_ERROR_MAYBE_BILLED) != 0);
  CHECK((flags_of("{\"created\":1}") & PICTOR_ERROR_MAYBE_BILLED) != 0);
  CHECK(flags_of("<html>login</html>") == PICTOR_ERROR_RETRY_NEVER);
  CHECK(flags_of("") == PICTOR_ERROR_RETRY_NEVER);
  CHECK_THROWS_AS(read(R"({"error":{"message":"no"}})"), Error);
}

TEST_CASE("tokens are told for the row as a whole") {
  ImagesAnswer images = read(capture("generate-unicode-prompt").dump());
  Image image = std::get<Image>(images.pictures[0].content);
  annotate(image, images.pictures[0], images.notes, 1, 4);
  CHECK(image.extra().get<std::int64_t>("output_tokens") == 4 * 1056);
  CHECK(image.extra().get<std::int64_t>("ratelimit_remaining_tokens") == 149984);
  const auto details = nlohmann::json::parse(image.json_extra().at("output_tokens_details"));
  CHECK(details["image_tokens"] == 4 * 1056);
}
