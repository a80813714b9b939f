#include "remote/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace pictor::remote {
namespace {

using Handle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

// Empty when the URL has no such part.
std::string part_of(CURLU *handle, CURLUPart part, unsigned flags = 0) {
  char *text = nullptr;
  if (curl_url_get(handle, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<Url> read(CURLU *handle) {
  Url url;
  url.text = part_of(handle, CURLUPART_URL);
  url.scheme = lower(part_of(handle, CURLUPART_SCHEME));
  url.host = lower(part_of(handle, CURLUPART_HOST));
  url.port = part_of(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (url.scheme != "http" && url.scheme != "https") return std::nullopt;
  if (url.text.empty() || url.host.empty() || url.port.empty()) return std::nullopt;
  if (url.host.front() == '[' && url.host.back() == ']') {
    url.host = url.host.substr(1, url.host.size() - 2);
  }
  return url;
}

}  // namespace

std::optional<Url> Url::parse(std::string_view text) {
  const Handle handle(curl_url(), &curl_url_cleanup);
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (curl_url_set(handle.get(), CURLUPART_URL, copy.c_str(), 0) != CURLUE_OK) return std::nullopt;
  return read(handle.get());
}

std::optional<Url> Url::follow(const std::string &location) const {
  const Handle handle(curl_url(), &curl_url_cleanup);
  if (curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return std::nullopt;
  // Credentials of the first URL are for it alone.
  curl_url_set(handle.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(handle.get(), CURLUPART_PASSWORD, nullptr, 0);
  if (curl_url_set(handle.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK) {
    return std::nullopt;
  }
  return read(handle.get());
}

std::string Url::origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + port;
}

}  // namespace pictor::remote
