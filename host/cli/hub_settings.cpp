#include "cli/hub_settings.hpp"

#include "base/error.hpp"
#include "base/file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <system_error>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 96;  // the Hub's own limit
constexpr std::uint64_t largest_token = 4096;

// An empty variable counts as not set.
std::string variable(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// "~/" is the home folder, as in Python.
fs::path folder(const std::string &text) {
  if (text.starts_with("~/")) return fs::path(variable("HOME")) / text.substr(2);
  return text;
}

fs::path hub_home() {
  if (const std::string home = variable("HF_HOME"); !home.empty()) return folder(home);
  const std::string cache = variable("XDG_CACHE_HOME");
  return (cache.empty() ? fs::path(variable("HOME")) / ".cache" : folder(cache)) / "huggingface";
}

std::string trimmed(const std::string &text) {
  constexpr const char *blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::string find_token() {
  for (const char *name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (const std::string token = trimmed(variable(name)); !token.empty()) return token;
  }
  const std::string named = variable("HF_TOKEN_PATH");
  const fs::path file = named.empty() ? hub_home() / "token" : folder(named);
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return {};
  return trimmed(read_file(file, largest_token));
}

std::string find_endpoint() {
  std::string endpoint = variable("HF_ENDPOINT");
  if (endpoint.empty()) endpoint = "https://huggingface.co";
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (!endpoint.starts_with("https://") && !endpoint.starts_with("http://")) {
    throw Error(fmt::format("HF_ENDPOINT is '{}', which is no address", endpoint),
                "write it with its scheme, such as https://hub.example.org");
  }
  return endpoint;
}

bool is_true(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text == "1" || text == "on" || text == "yes" || text == "true";
}

// Letters, digits, '-', '_' and '.', but ".." nowhere and neither '.' nor '-' at an end.
bool is_name(std::string_view text) {
  if (text.empty() || text.size() > longest_name || text.find("..") != text.npos) return false;
  const auto may_end = [](char c) { return c != '.' && c != '-'; };
  if (!may_end(text.front()) || !may_end(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

}  // namespace

HubSettings hub_settings() {
  HubSettings settings;
  settings.endpoint = find_endpoint();
  settings.token = find_token();
  settings.offline = is_true(variable("HF_HUB_OFFLINE"));
  settings.cache = hub_home() / "hub";
  for (const char *name : {"HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE"}) {
    if (const std::string cache = variable(name); !cache.empty()) settings.cache = folder(cache);
  }
  return settings;
}

fs::path hub_folder(const HubSettings &settings, const std::string &repository) {
  std::string name = "models--" + repository;
  if (const std::size_t slash = name.find('/'); slash != name.npos) name.replace(slash, 1, "--");
  return settings.cache / name;
}

bool is_hub_repository(const std::string &text) {
  const std::size_t slash = text.find('/');
  if (slash == text.npos) return is_name(text);
  return is_name(std::string_view(text).substr(0, slash)) &&
         is_name(std::string_view(text).substr(slash + 1));
}

bool is_hub_revision(const std::string &text) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('/', begin), text.size());
    if (!is_name(std::string_view(text).substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace pictor::host
