#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::openai {

// What is known of OpenAI's own image models. A model's name is free text: one that is not known
// here is asked for like any other. A gateway's prefix ("openai/gpt-image-2") does not count.

// gpt-image-* and chatgpt-image-*: they answer base64 and refuse response_format.
bool is_gpt_image(std::string_view model);
bool is_dall_e(std::string_view model);
// One of the two: it has no seed.
bool is_openai_model(std::string_view model);

// How many pictures one request may ask for.
std::uint32_t most_pictures(std::string_view model);

// What OpenAI names in place of a model that it has shut down; nothing for one that lives.
std::optional<std::string_view> replacement_of(std::string_view model);

struct Size {
  std::int64_t width = 0, height = 0;
};
// "1536x1024" as numbers; nothing for "auto" and other words.
std::optional<Size> size_of(std::string_view text);

// Why the model will hardly draw that size, by what is published; empty: nothing speaks against it.
// The published limits move, so that the server decides.
std::string doubt_about(std::string_view model, Size size);

// The longest prompt in characters; 0: not known.
std::size_t longest_prompt(std::string_view model);

}  // namespace pictor::openai
