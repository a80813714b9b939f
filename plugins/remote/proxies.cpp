#include "remote/proxies.hpp"

#include <cctype>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace pictor::remote {
namespace {

// The first that is set, also when it is set to nothing.
std::string variable(std::initializer_list<const char *> names) {
  for (const char *name : names) {
    if (const char *value = std::getenv(name)) return value;
  }
  return {};
}

std::string lower(std::string_view text) {
  std::string copy(text);
  for (char &c : copy) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return copy;
}

// Whether `host` is `domain` or lies under it.
bool lies_under(std::string_view host, std::string_view domain) {
  if (domain.starts_with('.')) domain.remove_prefix(1);
  if (domain.empty() || !host.ends_with(domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool is_excepted(std::string_view host, const std::string &no_proxy) {
  if (no_proxy == "*") return true;
  std::size_t start = 0;
  while (start < no_proxy.size()) {
    std::size_t end = no_proxy.find_first_of(", \t", start);
    if (end == std::string::npos) end = no_proxy.size();
    if (lies_under(host, lower(std::string_view(no_proxy).substr(start, end - start)))) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

std::string proxy_for(const Url &url, const ClientOptions &options) {
  std::string proxy = options.proxy;
  if (proxy.empty()) {
    // HTTP_PROXY in capitals may be a request's header in a CGI program: nobody reads it.
    proxy =
        url.scheme == "https" ? variable({"https_proxy", "HTTPS_PROXY"}) : variable({"http_proxy"});
  }
  if (proxy.empty()) proxy = variable({"all_proxy", "ALL_PROXY"});
  if (proxy.empty()) return {};
  return is_excepted(url.host, variable({"no_proxy", "NO_PROXY"})) ? std::string() : proxy;
}

}  // namespace pictor::remote
