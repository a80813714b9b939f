#pragma once

#include "remote/http.hpp"
#include <pictor/error.hpp>
#include <pictor/parameter.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace pictor::openai {

// Where requests go, and what every one of them carries.
struct Endpoint {
  std::string base;   // before "/images/generations"
  std::string query;  // "?api-version=..." or nothing
  std::string who;    // for messages: "the OpenAI API at api.openai.com"
  remote::Headers headers;
  std::vector<remote::SecretHeader> secret_headers;
  std::string custom_headers;  // the name of a secret: "Name: value" lines, read by load()
  std::string key_advice;      // what to do about a missing or wrong key
  bool is_openai = false;      // OpenAI's own or Azure's: keys are needed, seeds are unknown

  std::string url(std::string_view route) const { return base + "/" + std::string(route) + query; }
};

// A value that its user has to change.
Error mistake(const std::string &parameter, const std::string &message);

// From the load parameters; throws Error(invalid_argument) for what cannot be an address or header.
Endpoint endpoint_of(const Params &load);

// Adds "Name: value" lines, as OPENAI_CUSTOM_HEADERS has them; a header that is there already
// stays. Throws Error(invalid_argument) without repeating a value.
void add_header_lines(Endpoint &endpoint, std::string_view lines);

// The text without the keys that the endpoint's requests carry: what a server echoes.
std::string without_secrets(std::string text, const Endpoint &endpoint);

}  // namespace pictor::openai
