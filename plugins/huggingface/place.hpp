#pragma once

#include "keys.hpp"
#include "parameters.hpp"
#include "providers/provider.hpp"
#include "remote/http.hpp"

#include <string>
#include <vector>

namespace pictor::huggingface {

// Where pictures are asked for, and what every request carries: known once the model is loaded.
struct Place {
  const Provider *provider = nullptr;
  Served served;
  std::string base;        // before a route: "https://router.huggingface.co/fal-ai"
  bool routed = false;     // through Hugging Face's router
  bool dedicated = false;  // `base` is an endpoint's own URL, asked as it is
  std::string who;         // for messages: "fal-ai through router.huggingface.co"
  std::string key_advice;  // what to do about a missing or wrong key
  std::vector<remote::SecretHeader> secret_headers;
  remote::Headers headers;
  bool bills() const { return !dedicated; }  // by the picture: an endpoint costs by the hour

  // The POST for one picture.
  remote::HttpRequest request(const Ask &ask, std::uint64_t seed) const;
  // A look at the provider's queue; `path` is below the base.
  remote::HttpRequest look(const std::string &path) const;
  remote::HttpRequest cancel(const std::string &path) const;
  // The seed that leaves for this one: providers count in fewer bits than Pictor.
  std::uint64_t seed_for(std::uint64_t seed) const;
};

// A dedicated endpoint, or a server like one.
Place endpoint_place(const Settings &settings, const std::optional<Key> &key);
// A provider that serves the model: through the router, or directly with its own key. Throws
// Error(invalid_argument) where that cannot be.
Place provider_place(const Settings &settings, const std::optional<Key> &key,
                     const Provider &provider, Served served);

// The host of a URL, for messages.
std::string host_of(const std::string &url);

}  // namespace pictor::huggingface
