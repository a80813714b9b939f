#pragma once

#include "ask.hpp"
#include "remote/http.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::huggingface {

// The hub's entry of one provider for one model: what the provider calls the model.
struct Served {
  std::string hub_id;            // "black-forest-labs/FLUX.1-schnell"
  std::string provider_id;       // "fal-ai/flux/schnell"
  std::string adapter, weights;  // "lora", "lora.safetensors"; empty: a whole model
  // For providers to fetch from: the public hub, whatever mirror we ask.
  std::string repository_url() const { return "https://huggingface.co/" + hub_id; }

  bool is_lora() const { return adapter == "lora"; }
};

// What an answer of a provider says, to the request itself or to a look at its queue.
struct Reply {
  enum class Kind {
    unclear,    // none of these
    picture,    // `picture` is base64, a data: URL or an http URL
    drawing,    // look at `path` later; empty: where it was looked at now
    elsewhere,  // the result is at `path`
    failed,     // for good; `message` and `code` say why
  };
  Kind kind = Kind::unclear;
  std::string picture;
  std::string path;
  std::string cancel_path;
  std::string id;
  std::string stage;  // what the provider does: "IN_QUEUE, position 3"
  bool begun = true;  // drawing: it is past the queue
  std::string message, code;
  std::optional<std::uint64_t> seed;  // that was used
  std::optional<bool> nsfw;           // what the provider's filter thinks of the picture
  bool blacked_out = false;           // nsfw, and the picture is not what was drawn
  double compute_s = 0;
};

// How a provider that queues is looked at. All paths are below the place's base.
struct Queue {
  std::chrono::milliseconds pace;  // between two looks
  const char *routed_query;        // of every request through the router; "" for none
  const char *cancel_method;       // "" where it cannot be cancelled
};

// A provider of Hugging Face's router: what is sent and where, and how answers are read. One table
// entry each; the next one is one more.
struct Provider {
  const char *name;         // in the hub's mapping and in the router's path
  const char *direct_base;  // where its own keys go; "": the router alone
  const char *key_word;     // before the provider's own key: "Bearer "
  const char *accept;
  std::uint64_t largest_seed;
  std::string (*route)(const Served &served);  // below the base: "/v1/images/generations"
  nlohmann::json (*body)(const std::string &prompt, nlohmann::json parameters,
                         const Served &served);
  // `path`: where it was looked at; empty for the answer to the request itself.
  Reply (*read)(const nlohmann::json &answer, const std::string &path);
  std::optional<Queue> queue;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Null: Pictor does not know it.
const Provider *find_provider(std::string_view name);
// "hf-inference, fal-ai, ..."
std::string provider_names();
// Of a URL in an answer its path alone, so that no key goes to a host that a server names; empty
// for what has none or leaves its folder.
std::string path_of(const std::string &url);

// For readers: a member's text, empty when there is none; a member of any kind, null when not.
std::string text_in(const nlohmann::json &object, const char *name);
nlohmann::json member_of(const nlohmann::json &object, const char *name);
// The picture of {data: [{b64_json or url}]}, {images: [...]}, {output: ...} and the like.
Reply read_picture_json(const nlohmann::json &answer);

extern const Provider hf_inference, fal_ai, replicate, together, nscale, deepinfra, wavespeed,
    zai_org;

}  // namespace pictor::huggingface
