#pragma once

#include "remote/http.hpp"
#include <pictor/parameter.hpp>

#include <optional>
#include <string>
#include <vector>

namespace pictor::huggingface {

// Where a key may be, from the load parameters: names of secrets, then the file of `hf auth login`.
struct KeySources {
  std::string api_key;     // what api_key names; HF_TOKEN when not given; may be a provider's own
  std::string hub_token;   // HUGGING_FACE_HUB_TOKEN
  std::string token_path;  // HF_TOKEN_PATH; empty: "token" below `home`
  std::string home;        // HF_HOME; empty: the user's cache
};

// A key that is there: where it is, not what it is.
struct Key {
  remote::SecretHeader source;  // without name and word
  bool is_hub = false;          // begins with "hf_": Hugging Face's, not a provider's own
  std::string place() const;    // for messages: "the environment variable HF_TOKEN"
};

// The first key of: api_key, HUGGING_FACE_HUB_TOKEN, the login file. Throws Error(unauthenticated)
// when api_key names one that is not there.
std::optional<Key> find_key(const KeySources &sources);
// The first that is Hugging Face's, HF_TOKEN too: a provider's own key says nothing to the hub.
std::optional<Key> find_hub_key(const KeySources &sources);

// "Authorization: WORD KEY".
remote::SecretHeader authorization(const Key &key, const std::string &word = "Bearer ");

// The text without these keys: what a server echoes.
std::string without_keys(std::string text, const std::vector<remote::SecretHeader> &headers);

}  // namespace pictor::huggingface
