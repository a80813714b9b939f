#include "image_answer.hpp"

#include "provider_error.hpp"
#include "remote/answers.hpp"
#include "remote/base64.hpp"
#include "remote/json_body.hpp"
#include "remote/pictures.hpp"

#include <charconv>
#include <cmath>

namespace pictor::openai {

namespace {

using Json = nlohmann::json;

constexpr std::int64_t ns_per_ms = 1'000'000;

// Valid as long as `object` is.
std::string_view text_in(const Json &object, const char *name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string &>();
}

std::string copy_of(const Json &object, const char *name) {
  return std::string(text_in(object, name));
}

std::optional<std::int64_t> number_in(const remote::HttpAnswer &answer, const std::string &name) {
  const auto text = answer.headers.find(name);
  std::int64_t number = 0;
  if (!text) return std::nullopt;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return std::nullopt;
  return number >= 0 ? std::optional(number) : std::nullopt;
}

// x-ratelimit-* under the names that the host's limiter reads.
void add_rate_limits(Json &columns, const remote::HttpAnswer &answer) {
  for (const std::string of : {"requests", "tokens"}) {
    if (const auto left = number_in(answer, "x-ratelimit-remaining-" + of)) {
      columns["ratelimit_remaining_" + of] = *left;
    }
    const auto reset = answer.headers.find("x-ratelimit-reset-" + of);
    const auto wait = reset ? remote::duration_of(*reset) : std::nullopt;
    if (wait) columns["ratelimit_reset_" + of + "_ms"] = wait->count();
  }
}

void add_usage(Json &columns, const Json &body) {
  const auto usage = body.find("usage");
  if (usage == body.end() || !usage->is_object()) return;
  for (const char *count : {"total_tokens", "input_tokens", "output_tokens"}) {
    const auto found = usage->find(count);
    if (found != usage->end() && found->is_number()) columns[count] = *found;
  }
  for (const char *details : {"input_tokens_details", "output_tokens_details"}) {
    const auto found = usage->find(details);
    if (found != usage->end() && found->is_object()) columns[details] = *found;
  }
}

bool is_token_count(const std::string &name) {
  return name.find("_tokens") != std::string::npos && !name.starts_with("ratelimit_");
}

void scale(Json &value, std::uint32_t answered, std::uint32_t asked) {
  if (value.is_object()) {
    for (auto &[name, inner] : value.items()) scale(inner, answered, asked);
  } else if (value.is_number()) {
    value = std::llround(value.get<double>() * asked / answered);
  }
}

void add_column(Image &image, const std::string &name, const Json &value) {
  if (value.is_string()) image.extra(name, value.get<std::string>());
  if (value.is_boolean()) image.extra(name, value.get<bool>());
  if (value.is_number_integer()) image.extra(name, value.get<std::int64_t>());
  if (value.is_number_float()) image.extra(name, value.get<double>());
  if (value.is_structured()) {
    image.extra_json(name, value.dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

// The host keeps PNG, JPEG and WebP alone.
Image storable(Image image, const remote::HttpAnswer &answer) {
  const std::string &type = image.media_type();
  if (type.empty() || type == "image/png" || type == "image/jpeg" || type == "image/webp") {
    return image;
  }
  throw answer_fault(answer, "the picture came as " + type +
                                 ", and only PNG, JPEG and WebP are "
                                 "stored: ask for another output_format")
      .billed()
      .retry_never();
}

std::variant<Image, AnsweredPicture::Address, Error> content_of(const Json &entry,
                                                                const remote::HttpAnswer &answer) {
  const std::string_view base64 = text_in(entry, "b64_json"), url = text_in(entry, "url");
  if (base64.empty()) {
    if (!url.empty()) return AnsweredPicture::Address{std::string(url)};
    return answer_fault(answer, "an entry of the answer holds neither b64_json nor url").billed();
  }
  auto bytes = remote::from_base64(base64);
  if (!bytes) {
    return answer_fault(answer, "the picture in the answer is not base64: it is lost, though drawn")
        .billed();
  }
  try {
    return storable(remote::picture_from(*std::move(bytes), true), answer);
  } catch (const Error &error) {
    return error;
  }
}

Error no_images_answer(const remote::HttpAnswer &answer, const Endpoint &endpoint) {
  const std::string type = answer.headers.find("content-type").value_or("");
  const std::size_t begin = answer.body.find_first_not_of(" \t\r\n");
  if (begin != std::string::npos && (answer.body[begin] == '{' || answer.body[begin] == '[')) {
    return answer_fault(answer, endpoint.who +
                                    " answered with JSON that is broken or cut off: the pictures "
                                    "may have been drawn and billed")
        .maybe_billed();
  }
  const std::string words = without_secrets(remote::readable(answer.body, 120), endpoint);
  return answer_fault(answer, endpoint.who + " answered with " +
                                  (words.empty() ? "nothing" : "no JSON (" + words + ")") +
                                  ": is base_url the API's own address, with /v1 where it has one?")
      .retry_never();
}

}  // namespace

AnsweredPicture read_picture(const Json &entry, const remote::HttpAnswer &head) {
  if (!entry.is_object()) {
    return {answer_fault(head, "an entry of the answer is no object").billed(), "", ""};
  }
  return {content_of(entry, head), copy_of(entry, "revised_prompt"),
          copy_of(entry, "finish_reason")};
}

AnswerNotes notes_of(const Json &body, const remote::HttpAnswer &answer) {
  AnswerNotes notes;
  for (const char *name : {"x-request-id", "request-id", "apim-request-id"}) {
    if (notes.request_id.empty()) notes.request_id = answer.headers.find(name).value_or("");
  }
  notes.model_version = copy_of(body, "model");
  notes.compute_ns = number_in(answer, "openai-processing-ms").value_or(0) * ns_per_ms;
  if (answer.in_all > answer.until_first_byte) {
    notes.transfer_ns = (answer.in_all - answer.until_first_byte).count();
  }
  for (const char *name : {"size", "quality", "background", "output_format"}) {
    if (const std::string value = copy_of(body, name); !value.empty()) notes.columns[name] = value;
  }
  add_usage(notes.columns, body);
  const auto svg = body.find("svg_usage");
  if (svg != body.end() && svg->is_object()) notes.columns["svg_usage"] = *svg;
  add_rate_limits(notes.columns, answer);
  return notes;
}

ImagesAnswer read_images(const remote::HttpAnswer &answer, const Endpoint &endpoint) {
  const Json body = remote::parse_json(answer.body);
  if (!body.is_object()) throw no_images_answer(answer, endpoint);
  ImagesAnswer images;
  images.notes = notes_of(body, answer);
  const auto data = body.find("data");
  if (data == body.end() || !data->is_array()) {
    // Some gateways answer 200 with an error in it.
    if (body.contains("error") || body.contains("detail")) {
      throw error_of_answer(answer, "", endpoint);
    }
    throw answer_fault(answer, endpoint.who + " answered without `data`: that is no images answer")
        .maybe_billed();
  }
  for (const Json &entry : *data) images.pictures.push_back(read_picture(entry, answer));
  return images;
}

void annotate(Image &image, const AnsweredPicture &entry, const AnswerNotes &notes,
              std::uint32_t answered, std::uint32_t asked) {
  image.revised_prompt(entry.revised_prompt).finish_reason(entry.finish_reason);
  image.provider_request_id(notes.request_id).model_version(notes.model_version);
  image.times_ns(0, notes.compute_ns, notes.transfer_ns);
  for (const auto &[name, value] : notes.columns.items()) {
    Json told = value;
    if (answered != asked && is_token_count(name)) scale(told, answered, asked);
    add_column(image, name, told);
  }
}

}  // namespace pictor::openai
