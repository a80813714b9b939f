#include "request_body.hpp"

#include "models.hpp"
#include "remote/base64.hpp"
#include <pictor/error.hpp>

#include <array>

namespace pictor::openai {

namespace {

using Json = nlohmann::json;

Error conflict(const std::string &parameter, const std::string &message) {
  return Error(Status::invalid_argument, message).parameter(parameter);
}

std::string dumped(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// Parameters whose name and value are the API's own.
void copy_plain(Json &fields, const Params &kwargs) {
  constexpr std::array ids = {
      "quality",     "background", "output_format",     "output_compression", "complexity",
      "moderation",  "style",      "input_fidelity",    "partial_images",     "user",
      "frame_count", "stream",     "safety_identifier", "frame_duration_ms"};
  for (const char *id : ids) {
    const auto found = kwargs.values().find(id);
    if (found == kwargs.values().end()) continue;
    if (const auto *flag = std::get_if<bool>(&found->second)) fields[id] = *flag;
    if (const auto *whole = std::get_if<std::int64_t>(&found->second)) fields[id] = *whole;
    if (const auto *text = std::get_if<std::string>(&found->second)) fields[id] = *text;
    if (const auto *number = std::get_if<double>(&found->second)) {
      const auto whole = static_cast<std::int64_t>(*number);
      *number == static_cast<double>(whole) ? fields[id] = whole : fields[id] = *number;
    }
  }
}

void add_size(Json &fields, const Params &kwargs) {
  const bool width = kwargs.has("width"), height = kwargs.has("height");
  if (width != height) {
    throw conflict(width ? "height" : "width",
                   "width and height go together: give both, or size alone");
  }
  std::string size = kwargs.get<std::string>("size", "");
  if (width) {
    const std::string sides = std::to_string(kwargs.get<std::int64_t>("width")) + "x" +
                              std::to_string(kwargs.get<std::int64_t>("height"));
    if (!size.empty() && size != sides) {
      throw conflict("size", "size is " + size + ", but width and height are " + sides +
                                 ": give one of the two");
    }
    size = sides;
  }
  if (!size.empty()) fields["size"] = size;
}

void add_response_format(Json &fields, const Params &kwargs, const std::string &model) {
  const std::string asked =
      kwargs.get<std::string>("response_format", is_gpt_image(model) ? "omit" : "b64_json");
  if (asked != "omit") fields["response_format"] = asked;
}

Json object_of(const Params &kwargs, const std::string &id) {
  Json object = Json::parse(kwargs.get<std::string>(id), nullptr, false);
  if (!object.is_object()) throw conflict(id, id + " must be a map, e.g. {steps: 20}");
  return object;
}

// What has a place of its own in Pictor, and would be told twice.
void refuse_own_setting(const std::string &field) {
  struct Own {
    const char *field, *place;
  };
  constexpr std::array settings = {
      Own{"n", "that is num_generations"}, Own{"seed", "that is the row's seed, see `seeds`"},
      Own{"stream", "that is the parameter stream"}, Own{"prompt", "that is the row's"},
      Own{"model", "that is the model's own parameter"}};
  for (const Own &own : settings) {
    if (field != own.field) continue;
    throw conflict("extra_body", "extra_body must not hold '" + field + "': " + own.place);
  }
}

void add_images(Ask &ask, const Params &kwargs) {
  if (kwargs.has("image")) ask.images = kwargs.get<std::vector<ImageInput>>("image");
  if (kwargs.has("mask_image")) ask.mask = kwargs.get<ImageInput>("mask_image");
  if (kwargs.has("markup")) ask.markup = kwargs.get<ImageInput>("markup");
}

std::string extension_of(const ImageInput &image) {
  const std::size_t slash = image.media_type.find('/');
  return image.media_type == "image/jpeg" ? "jpg" : image.media_type.substr(slash + 1);
}

remote::Part file_part(const std::string &name, const std::string &file, const ImageInput &image) {
  return {name, image.bytes, file + "." + extension_of(image), image.media_type};
}

// Nested objects as the official clients write them: svg[reasoning][effort].
void add_field_parts(std::vector<remote::Part> &parts, const std::string &name, const Json &value) {
  if (value.is_object()) {
    for (const auto &[key, inner] : value.items()) {
      add_field_parts(parts, name + "[" + key + "]", inner);
    }
  } else if (value.is_array()) {
    for (const Json &inner : value) add_field_parts(parts, name + "[]", inner);
  } else if (!value.is_null()) {
    parts.push_back({name, value.is_string() ? value.get<std::string>() : dumped(value), "", ""});
  }
}

std::vector<remote::Part> parts_of(const Ask &ask, const Json &fields) {
  std::vector<remote::Part> parts;
  for (const auto &[name, value] : fields.items()) add_field_parts(parts, name, value);
  // One picture is `image`, several are repeated `image[]`.
  const bool list = ask.images.size() > 1;
  for (std::size_t i = 0; i < ask.images.size(); ++i) {
    parts.push_back(list ? file_part("image[]", "image_" + std::to_string(i + 1), ask.images[i])
                         : file_part("image", "image", ask.images[i]));
  }
  if (ask.mask) parts.push_back(file_part("mask", "mask", *ask.mask));
  if (ask.markup) parts.push_back(file_part("markup", "markup", *ask.markup));
  return parts;
}

Json data_url(const ImageInput &image) {
  return {{"image_url", "data:" + image.media_type + ";base64," + remote::to_base64(image.bytes)}};
}

void add_data_urls(Json &fields, const Ask &ask) {
  for (const ImageInput &image : ask.images) fields["images"].push_back(data_url(image));
  if (ask.mask) fields["mask"] = data_url(*ask.mask);
  if (ask.markup) fields["markup"] = data_url(*ask.markup);
}

}  // namespace

Ask ask_of(std::string_view prompt, const Params &kwargs, const Settings &settings) {
  Ask ask;
  ask.fields["model"] = settings.model;
  ask.fields["prompt"] = prompt;
  copy_plain(ask.fields, kwargs);
  add_size(ask.fields, kwargs);
  add_response_format(ask.fields, kwargs, settings.model);
  if (kwargs.has("svg")) ask.fields["svg"] = object_of(kwargs, "svg");
  add_images(ask, kwargs);
  if (kwargs.has("extra_body")) {
    const Json extra = object_of(kwargs, "extra_body");
    for (const auto &[name, value] : extra.items()) {
      refuse_own_setting(name);
      ask.fields[name] = value;
    }
  }
  ask.stream = kwargs.get<bool>("stream", false);
  return ask;
}

std::uint32_t most_pictures_of(const Ask &ask, const Settings &settings) {
  const bool one =
      settings.sends_seeds || ask.stream || ask.fields.value("output_format", Json()) == "svg";
  return one ? 1 : most_pictures(settings.model);
}

remote::HttpRequest http_request_of(const Ask &ask, const Slice &slice, const Settings &settings) {
  remote::HttpRequest request;
  request.method = "POST";
  request.url = settings.endpoint.url(ask.is_edit() ? "images/edits" : "images/generations");
  request.headers = settings.endpoint.headers;
  request.secret_headers = settings.endpoint.secret_headers;
  request.timeout = settings.timeout;
  Json fields = ask.fields;
  if (slice.count > 1) fields["n"] = slice.count;
  if (slice.seed) fields["seed"] = *slice.seed;
  if (ask.is_edit() && !settings.json_edits) {
    request.parts = parts_of(ask, fields);
    return request;
  }
  add_data_urls(fields, ask);
  request.headers.set("Content-Type", "application/json");
  request.body = dumped(fields);
  return request;
}

}  // namespace pictor::openai
