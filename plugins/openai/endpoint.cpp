#include "endpoint.hpp"

#include <pictor/model.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>

namespace pictor::openai {

namespace {

constexpr const char *openai_key = "OPENAI_API_KEY";
// Shorter texts are no keys, and stand in any message.
constexpr std::size_t shortest_secret = 6;

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// Without the port.
std::string host_of(const std::string &origin) {
  const std::size_t begin = origin.find("://");
  const std::size_t end = origin.rfind(':');
  if (begin == std::string::npos || end <= begin + 3) return origin;
  return origin.substr(begin + 3, end - begin - 3);
}

bool is_under(const std::string &host, std::string_view domain) {
  if (!host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

// An http or https URL that requests can be appended to.
std::string checked_base(std::string url, const std::string &parameter) {
  while (url.ends_with('/')) url.pop_back();
  if (url.find('@') != std::string::npos) {
    throw mistake(parameter, parameter +
                                 " must not hold a user name or password: URLs end up in logs; use "
                                 "api_key or custom_headers");
  }
  if (remote::origin_of(url).empty()) {
    throw mistake(parameter, parameter + ": '" + url +
                                 "' is no http or https URL, e.g. https://api.openai.com/v1");
  }
  if (url.find_first_of("?# ") != std::string::npos) {
    throw mistake(parameter, parameter + " must end with the path: no '?', '#' or space");
  }
  return url;
}

bool is_header_name(std::string_view name) {
  const auto is_token = [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token);
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

// They describe the body, which is ours.
bool is_ours(std::string_view name) {
  constexpr std::array names = {"content-type", "content-length", "transfer-encoding",
                                "content-encoding"};
  return std::any_of(names.begin(), names.end(),
                     [&](const char *each) { return same_word(name, each); });
}

// A header of the user's own takes the place of ours.
void add_header(Endpoint &endpoint, const std::string &name, const std::string &value,
                const std::string &parameter) {
  if (!is_header_name(name)) {
    throw mistake(parameter, parameter + " holds a name that no header can have");
  }
  if (!is_header_value(value)) {
    throw mistake(parameter, parameter + ": the value of " + name +
                                 " holds a line break or other "
                                 "control character");
  }
  if (is_ours(name)) {
    throw mistake(parameter, parameter + ": " + name + " follows from what is sent; leave it out");
  }
  endpoint.headers.set(name, value);
  std::erase_if(endpoint.secret_headers,
                [&](const remote::SecretHeader &header) { return same_word(header.name, name); });
}

void add_headers(Endpoint &endpoint, const Params &load) {
  endpoint.headers.set("Accept", "application/json");
  if (load.has("organization")) {
    add_header(endpoint, "OpenAI-Organization", load.get<std::string>("organization"),
               "organization");
  }
  if (load.has("project")) {
    add_header(endpoint, "OpenAI-Project", load.get<std::string>("project"), "project");
  }
  if (!load.has("headers")) return;
  const auto headers = nlohmann::json::parse(load.get<std::string>("headers"), nullptr, false);
  if (!headers.is_object()) {
    throw mistake("headers", "headers must be a map of names to texts, e.g. {X-Team: datasets}");
  }
  for (const auto &[name, value] : headers.items()) {
    if (!value.is_string()) throw mistake("headers", "headers: " + name + " must be a text");
    add_header(endpoint, name, value.get<std::string>(), "headers");
  }
}

Endpoint openai_endpoint(const Params &load) {
  Endpoint endpoint;
  endpoint.base = checked_base(load.get<std::string>("base_url"), "base_url");
  const std::string host = host_of(remote::origin_of(endpoint.base));
  endpoint.is_openai = is_under(host, "openai.com") || is_under(host, "openai.azure.com");
  endpoint.who = (is_under(host, "openai.com") ? "the OpenAI API at " : "the server at ") + host;
  const std::string name = load.get<std::string>("api_key", "");
  if (!name.empty()) endpoint.secret_headers.push_back({"Authorization", "Bearer ", name});
  endpoint.key_advice = name.empty() ? "set the environment variable OPENAI_API_KEY, or name "
                                       "another with api_key: ${NAME}"
                                     : "check the key in the environment variable " + name;
  return endpoint;
}

// A key for Azure: one that the user wrote, else a token, else Azure's own variable; never the one
// that is OpenAI's.
remote::SecretHeader azure_key(const Params &load) {
  const std::string written = load.get<std::string>("api_key", "");
  if (!written.empty() && written != openai_key) return {"api-key", "", written};
  if (load.has("azure_ad_token")) {
    return {"Authorization", "Bearer ", load.get<std::string>("azure_ad_token")};
  }
  if (load.has("azure_api_key")) return {"api-key", "", load.get<std::string>("azure_api_key")};
  return {};
}

std::string azure_name(const Params &load, const std::string &id, const std::string &advice) {
  const std::string value = load.get<std::string>(id, "");
  if (value.empty()) throw mistake(id, "api: azure needs " + id + ": " + advice);
  return value;
}

std::string url_escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string escaped;
  for (const unsigned char c : text) {
    if ((c < 0x80 && std::isalnum(c)) || c == '-' || c == '_' || c == '.' || c == '~') {
      escaped += static_cast<char>(c);
    } else {
      escaped += {'%', digits[c >> 4], digits[c & 15]};
    }
  }
  return escaped;
}

Endpoint azure_endpoint(const Params &load) {
  const std::string root =
      checked_base(azure_name(load, "azure_endpoint",
                              "https://NAME.openai.azure.com, here or in AZURE_OPENAI_ENDPOINT"),
                   "azure_endpoint");
  const std::string version =
      azure_name(load, "api_version", "e.g. 2025-04-01-preview, here or in OPENAI_API_VERSION");
  std::string deployment = load.get<std::string>("azure_deployment", "");
  if (deployment.empty()) deployment = load.get<std::string>("model");
  Endpoint endpoint;
  endpoint.base = root + "/openai/deployments/" + url_escaped(deployment);
  endpoint.query = "?api-version=" + url_escaped(version);
  endpoint.who = "Azure OpenAI at " + host_of(remote::origin_of(root));
  endpoint.is_openai = true;
  remote::SecretHeader key = azure_key(load);
  endpoint.key_advice =
      key.secret.empty()
          ? "set AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN, or name another environment "
            "variable with api_key: ${NAME}"
          : "check the key in the environment variable " + key.secret;
  if (!key.secret.empty()) endpoint.secret_headers.push_back(std::move(key));
  return endpoint;
}

void cut_out(std::string &text, std::string_view secret) {
  if (secret.size() < shortest_secret) return;
  for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

Error mistake(const std::string &parameter, const std::string &message) {
  return Error(Status::invalid_argument, message).parameter(parameter);
}

Endpoint endpoint_of(const Params &load) {
  Endpoint endpoint =
      load.get<std::string>("api") == "azure" ? azure_endpoint(load) : openai_endpoint(load);
  add_headers(endpoint, load);
  endpoint.custom_headers = load.get<std::string>("custom_headers", "");
  return endpoint;
}

void add_header_lines(Endpoint &endpoint, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = trimmed(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) {
      throw mistake("custom_headers", "custom_headers: the environment variable " +
                                          endpoint.custom_headers +
                                          " holds a line that is not 'Name: value'");
    }
    const std::string name(trimmed(line.substr(0, colon)));
    const bool given = endpoint.headers.find(name).has_value() && !same_word(name, "accept");
    if (given) continue;
    add_header(endpoint, name, std::string(trimmed(line.substr(colon + 1))), "custom_headers");
  }
}

std::string without_secrets(std::string text, const Endpoint &endpoint) {
  const auto cut = [&](std::string_view secret) { cut_out(text, secret); };
  for (const remote::SecretHeader &header : endpoint.secret_headers) {
    try {
      with_secret(header.secret, cut);
    } catch (const Error &) {
      continue;  // nothing was sent of a secret that is not there
    }
  }
  for (const auto &[name, value] : endpoint.headers.lines()) {
    const bool is_public = same_word(name, "accept") || same_word(name, "openai-organization") ||
                           same_word(name, "openai-project");
    if (!is_public) cut(value);
  }
  return text;
}

}  // namespace pictor::openai
