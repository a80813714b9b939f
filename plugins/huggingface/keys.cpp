#include "keys.hpp"

#include "remote/secrets.hpp"
#include <pictor/error.hpp>

#include <cstdlib>
#include <filesystem>

namespace pictor::huggingface {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view hub_prefix = "hf_";
// Shorter texts are no keys, and stand in any message.
constexpr std::size_t shortest_secret = 6;

std::string variable(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// As huggingface_hub reads its flags.
bool is_set(const char *name) {
  const std::string value = variable(name);
  return value == "1" || value == "ON" || value == "on" || value == "YES" || value == "yes" ||
         value == "TRUE" || value == "True" || value == "true";
}

std::optional<Key> read_key(const remote::SecretHeader &source) {
  try {
    Key key;
    key.source = source;
    remote::read_secret(source, [&](std::string_view secret) {
      const std::size_t first = secret.find_first_not_of(" \t\r\n");
      key.is_hub = first != std::string_view::npos && secret.substr(first).starts_with(hub_prefix);
    });
    return key;
  } catch (const Error &) {
    return std::nullopt;
  }
}

std::optional<Key> named_key(const std::string &name) {
  return name.empty() ? std::nullopt : read_key({"", "", name});
}

std::string login_file(const KeySources &sources) {
  if (!sources.token_path.empty()) return sources.token_path;
  if (!sources.home.empty()) return (fs::path(sources.home) / "token").string();
  fs::path cache = variable("XDG_CACHE_HOME");
  if (cache.empty()) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    cache = fs::path(home) / ".cache";
  }
  return (cache / "huggingface" / "token").string();
}

std::optional<Key> file_key(const KeySources &sources) {
  if (is_set("HF_HUB_DISABLE_IMPLICIT_TOKEN")) return std::nullopt;
  const std::string file = login_file(sources);
  std::error_code ignored;
  if (file.empty() || !fs::is_regular_file(file, ignored)) return std::nullopt;
  remote::SecretHeader source;
  source.file = file;
  return read_key(source);
}

void cut_out(std::string &text, std::string_view secret) {
  if (secret.size() < shortest_secret) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

std::string Key::place() const {
  return source.file.empty() ? "the environment variable " + source.secret
                             : "the file " + source.file;
}

std::optional<Key> find_key(const KeySources &sources) {
  if (!sources.api_key.empty()) {
    if (auto key = named_key(sources.api_key)) return key;
    throw Error(Status::unauthenticated,
                "api_key names the environment variable " + sources.api_key + ", which is not set")
        .parameter("api_key");
  }
  if (auto key = named_key(sources.hub_token)) return key;
  return file_key(sources);
}

std::optional<Key> find_hub_key(const KeySources &sources) {
  for (const std::string &name : {sources.api_key, std::string("HF_TOKEN"), sources.hub_token}) {
    if (auto key = named_key(name); key && key->is_hub) return key;
  }
  auto key = file_key(sources);
  return key && key->is_hub ? key : std::nullopt;
}

remote::SecretHeader authorization(const Key &key, const std::string &word) {
  remote::SecretHeader header = key.source;
  header.name = "Authorization";
  header.before = word;
  return header;
}

std::string without_keys(std::string text, const std::vector<remote::SecretHeader> &headers) {
  for (const remote::SecretHeader &header : headers) {
    try {
      remote::read_secret(header, [&](std::string_view secret) { cut_out(text, secret); });
    } catch (const Error &) {
      continue;  // nothing was sent of a key that is not there
    }
  }
  return text;
}

}  // namespace pictor::huggingface
