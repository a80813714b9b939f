#pragma once

#include "parameters.hpp"

#include <utility>

namespace pictor::openai {

// The defaults with `given` laid over them, as the host passes them on.
inline Params load_parameters(const Params &given = {}) {
  return Params::complete(openai_parameters(), PICTOR_SCOPE_LOAD, given);
}

inline Settings settings(const std::string &model, const std::string &base_url = {}) {
  Params given;
  given.set("model", model).set("api_key", std::string("OPENAI_API_KEY"));
  if (!base_url.empty()) given.set("base_url", base_url);
  return settings_of(load_parameters(given));
}

}  // namespace pictor::openai
