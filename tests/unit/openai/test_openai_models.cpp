#include "models.hpp"
#include "support/catch.hpp"

using namespace pictor::openai;

TEST_CASE("a model's name tells its family, a gateway's prefix aside") {
  CHECK(is_gpt_image("gpt-image-2"));
  CHECK(is_gpt_image("openai/gpt-image-2.6-flare"));
  CHECK(is_gpt_image("chatgpt-image-latest"));
  CHECK_FALSE(is_gpt_image("gpt-4o"));
  CHECK(is_dall_e("dall-e-3"));
  CHECK_FALSE(is_openai_model("stable-diffusion-3"));
}

TEST_CASE("a retired model names what to use") {
  REQUIRE(replacement_of("dall-e-3"));
  CHECK(replacement_of("dall-e-3")->find("gpt-image-2.6-flare") != std::string_view::npos);
  CHECK(replacement_of("gpt-image-1-mini"));
  CHECK_FALSE(replacement_of("gpt-image-2"));
  CHECK_FALSE(replacement_of("my-model"));
}

TEST_CASE("a size is two numbers") {
  REQUIRE(size_of("1536x1024"));
  CHECK(size_of("1536x1024")->width == 1536);
  CHECK(size_of("1536x1024")->height == 1024);
  for (const char *text : {"auto", "", "x", "10x", "x10", "10x10x10", "-1x10", "0x10", "1e3x10",
                           "10 x 10", "99999999999999999999x1"}) {
    INFO(text);
    CHECK_FALSE(size_of(text));
  }
}

TEST_CASE("a size that a model will hardly draw is doubted, never refused") {
  CHECK(doubt_about("gpt-image-2", {1536, 864}).empty());
  CHECK_FALSE(doubt_about("gpt-image-2", {1000, 1000}).empty());
  CHECK_FALSE(doubt_about("gpt-image-2", {4096, 2048}).empty());
  CHECK_FALSE(doubt_about("gpt-image-2", {3840, 1024}).empty());
  CHECK_FALSE(doubt_about("gpt-image-2", {256, 256}).empty());
  CHECK(doubt_about("gpt-image-1-mini", {1024, 1536}).empty());
  CHECK_FALSE(doubt_about("gpt-image-1", {512, 512}).empty());
  CHECK(doubt_about("dall-e-2", {256, 256}).empty());
  CHECK_FALSE(doubt_about("dall-e-3", {512, 512}).empty());
  CHECK(doubt_about("my-model", {1, 7}).empty());
}

TEST_CASE("one request asks for as many pictures as the model takes") {
  CHECK(most_pictures("dall-e-3") == 1);
  CHECK(most_pictures("gpt-image-2") == 10);
}
