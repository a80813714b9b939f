#include "providers/provider.hpp"

#include <algorithm>
#include <array>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;

const std::array<const Provider *, 8> &providers() {
  static const std::array all = {&hf_inference, &fal_ai,    &replicate, &together,
                                 &nscale,       &wavespeed, &zai_org,   &deepinfra};
  return all;
}

// A picture as text: itself, or in an object under one of the names that are used for it.
std::string picture_in(const Json &entry) {
  if (entry.is_string()) return entry.get<std::string>();
  for (const char *name : {"b64_json", "url", "image", "image_base64", "base64"}) {
    if (std::string text = text_in(entry, name); !text.empty()) return text;
  }
  return {};
}

}  // namespace

const Provider *find_provider(std::string_view name) {
  for (const Provider *provider : providers()) {
    if (name == provider->name) return provider;
  }
  return nullptr;
}

std::string provider_names() {
  std::string names;
  for (const Provider *provider : providers()) {
    if (!names.empty()) names += ", ";
    names += provider->name;
  }
  return names;
}

std::string path_of(const std::string &url) {
  std::size_t begin = 0;
  if (const std::size_t scheme = url.find("://"); scheme != std::string::npos) {
    begin = url.find('/', scheme + 3);
  }
  if (begin == std::string::npos || begin >= url.size() || url[begin] != '/') return {};
  std::string path = url.substr(begin, url.find_first_of("?#", begin) - begin);
  const bool plain = std::all_of(path.begin(), path.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>';
  });
  constexpr std::size_t longest = 1000;
  const bool leaves = (path + "/").find("/../") != std::string::npos ||
                      path.find("%2e") != std::string::npos ||
                      path.find("%2E") != std::string::npos;
  return plain && !leaves && path.size() <= longest ? path : std::string();
}

std::string text_in(const Json &object, const char *name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json member_of(const Json &object, const char *name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() ? *found : Json();
}

Reply read_picture_json(const Json &answer) {
  Reply reply;
  if (answer.is_string()) reply.picture = answer.get<std::string>();
  if (answer.is_array() && !answer.empty()) reply.picture = picture_in(answer.front());
  for (const char *name : {"data", "images", "output", "outputs", "image", "generated_image"}) {
    if (!reply.picture.empty()) break;
    const Json found = member_of(answer, name);
    reply.picture =
        found.is_array() && !found.empty() ? picture_in(found.front()) : picture_in(found);
  }
  if (!reply.picture.empty()) reply.kind = Reply::Kind::picture;
  reply.id = text_in(answer, "id");
  const Json seed = member_of(answer, "seed");
  if (seed.is_number_unsigned()) reply.seed = seed.get<std::uint64_t>();
  return reply;
}

}  // namespace pictor::huggingface
