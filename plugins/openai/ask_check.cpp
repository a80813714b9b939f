#include "ask_check.hpp"

#include "models.hpp"

#include <algorithm>

namespace pictor::openai {

namespace {

using Json = nlohmann::json;

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool is(const Json &fields, const char *name, std::string_view value) {
  const auto found = fields.find(name);
  return found != fields.end() && *found == value;
}

void check_format(const Json &fields) {
  const std::string format = fields.value("output_format", "png");
  if (format == "gif" || format == "svg") {
    throw mistake("output_format", "output_format " + format +
                                       ": Pictor stores PNG, JPEG and WebP; ask for one of these");
  }
  if (is(fields, "background", "transparent") && format == "jpeg") {
    throw mistake("background",
                  "background transparent needs output_format png or webp: JPEG has no alpha");
  }
  if (fields.contains("output_compression") && format == "png") {
    throw mistake("output_compression", "output_compression goes with output_format jpeg or webp");
  }
  for (const char *of_gif : {"frame_count", "frame_duration_ms"}) {
    if (fields.contains(of_gif)) throw mistake(of_gif, std::string(of_gif) + " is for GIFs");
  }
  if (fields.contains("svg")) throw mistake("svg", "svg is for output_format svg");
}

void check_edit(const Ask &ask) {
  const Json &fields = ask.fields;
  if (!ask.is_edit()) {
    if (ask.mask) throw mistake("mask_image", "mask_image needs the image that it masks");
    if (ask.markup) throw mistake("markup", "markup needs the image that it lies over");
    if (fields.contains("input_fidelity")) {
      throw mistake("input_fidelity", "input_fidelity is about an image: give one");
    }
    return;
  }
  constexpr std::size_t most_images = 16;
  if (ask.images.size() > most_images) {
    throw mistake("image",
                  "an edit takes 16 images; here are " + std::to_string(ask.images.size()));
  }
  if (ask.mask && ask.markup) throw mistake("markup", "markup does not go with mask_image");
  if (ask.mask && ask.mask->media_type != "image/png") {
    throw mistake("mask_image", "mask_image must be a PNG, with its transparent part drawn anew");
  }
  if (ask.markup && ask.markup->media_type != "image/png") {
    throw mistake("markup", "markup must be a PNG that is transparent but for the hints");
  }
  if (fields.contains("style")) throw mistake("style", "style does not go with an image");
}

void check_stream(const Ask &ask, const std::string &model) {
  if (ask.stream && is_dall_e(model)) throw mistake("stream", model + " does not stream");
  if (!ask.stream && ask.fields.value("partial_images", 0) > 0) {
    throw mistake("partial_images", "partial_images come with stream: true");
  }
}

void check_model(const Ask &ask, const std::string &model) {
  const Json &fields = ask.fields;
  if (is_gpt_image(model) && fields.contains("response_format")) {
    throw mistake("response_format",
                  model + " takes no response_format: it always sends the picture itself");
  }
  if (is_gpt_image(model) && fields.contains("style")) {
    throw mistake("style", "style is DALL-E 3's; " + model + " takes none");
  }
}

}  // namespace

std::string check_ask(const Ask &ask, const Settings &settings) {
  const auto prompt = ask.fields["prompt"].get<std::string>();
  if (prompt.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw mistake("prompt", ask.is_edit() ? "an edit needs a prompt: variations of a picture "
                                            "without one were retired, so say what to change"
                                          : "the prompt is empty");
  }
  check_format(ask.fields);
  check_edit(ask);
  check_stream(ask, settings.model);
  if (settings.batch_lane && ask.stream) throw mistake("stream", "lane: batch does not stream");
  check_model(ask, settings.model);
  const std::size_t longest = longest_prompt(settings.model);
  if (longest != 0 && characters(prompt) > longest) {
    throw mistake("prompt", settings.model + " reads prompts of up to " + std::to_string(longest) +
                                " characters; this one has " + std::to_string(characters(prompt)));
  }
  const std::string text = ask.fields.value("size", "");
  const auto size = size_of(text);
  const std::string doubt = size ? doubt_about(settings.model, *size) : std::string();
  return doubt.empty() ? doubt : settings.model + " will hardly draw " + text + ": " + doubt;
}

}  // namespace pictor::openai
