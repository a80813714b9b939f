// What libcurl is told about a request.
#include "remote/addresses.hpp"
#include "remote/proxies.hpp"
#include "remote/secrets.hpp"
#include "remote/transfer.hpp"
#include <pictor/model.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <limits>

namespace pictor::remote {
namespace {

using Kind = TransferFailure::Kind;

constexpr long buffer_bytes = 64 << 10;
static_assert(CURL_ERROR_SIZE == 256);  // Transfer::words_

// Every option counts: one that libcurl does not know would be a check that is not made.
template <typename Value>
void set(CURL *easy, CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code != CURLE_OK) {
    throw Error(Status::internal, std::string("libcurl: ") + curl_easy_strerror(code));
  }
}

std::string line_of(const std::string &name, std::string_view value) {
  // libcurl's way to say a header without a value.
  if (value.empty()) return name + ";";
  std::string line;
  line.reserve(name.size() + 2 + value.size());
  line.append(name).append(": ").append(value);
  return line;
}

void set_protocols(CURL *easy) {
#if LIBCURL_VERSION_NUM >= 0x075500
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  set(easy, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  set(easy, CURLOPT_REDIR_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

}  // namespace

bool Transfer::prepare(void *easy, void *share, const ClientOptions &options) {
  easy_ = easy;
  if (failure_) return false;
  try {
    if (watch_.cancelled && watch_.cancelled()) {
      fail(Kind::cancelled, "cancelled");
      return false;
    }
    words_.fill(0);
    read_ = 0;
    head_ = {};
    head_.url = url_->text;
    head_complete_ = false;
    set(easy_, CURLOPT_SHARE, share);
    set(easy_, CURLOPT_PRIVATE, this);
    set(easy_, CURLOPT_NOSIGNAL, 1L);
    set(easy_, CURLOPT_ERRORBUFFER, words_.data());
    set(easy_, CURLOPT_URL, url_->text.c_str());
    set_protocols(easy_);
    // A libcurl without HTTP/2 refuses this one, and speaks HTTP/1.1.
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(easy_, CURLOPT_ACCEPT_ENCODING, "");
    set(easy_, CURLOPT_BUFFERSIZE, buffer_bytes);
    set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
    set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
    set(easy_, CURLOPT_QUICK_EXIT, 1L);  // else ending one transfer waits for its name lookup
#endif
    set(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.connect_timeout.count()));
    set(easy_, CURLOPT_MAXFILESIZE_LARGE,
        static_cast<curl_off_t>(
            std::min<std::uint64_t>(request_.max_bytes, std::numeric_limits<curl_off_t>::max())));
    if (!options.user_agent.empty()) set(easy_, CURLOPT_USERAGENT, options.user_agent.c_str());
    if (!options.ca_file.empty()) set(easy_, CURLOPT_CAINFO, options.ca_file.c_str());
    set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy_, CURLOPT_HEADERDATA, this);
    set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy_, CURLOPT_WRITEDATA, this);
    set_route(options);
    set_method();
    set_headers();
  } catch (const std::exception &error) {
    fail(Kind::other, error.what());
  }
  return !failure_;
}

void Transfer::set_route(const ClientOptions &options) {
  set(easy_, CURLOPT_OPENSOCKETFUNCTION,
      static_cast<curl_opensocket_callback>(
          [](void *self, curlsocktype purpose, curl_sockaddr *address) -> curl_socket_t {
            return on_open(self, purpose, address);
          }));
  set(easy_, CURLOPT_OPENSOCKETDATA, this);
  if (watch_.addresses == Addresses::any) {
    if (!options.proxy.empty()) set(easy_, CURLOPT_PROXY, options.proxy.c_str());
    return;
  }
  // Through a proxy the address that is opened is the proxy's, and the name is resolved over there:
  // all that can be checked here is the name itself.
  const std::string proxy = proxy_for(*url_, options);
  through_proxy_ = !proxy.empty();
  set(easy_, CURLOPT_PROXY, proxy.c_str());
  set(easy_, CURLOPT_NOPROXY, "");
  if (through_proxy_) {
    if (!may_be_public_host(url_->host)) {
      fail(Kind::refused_address, "'" + url_->host + "' is no public host");
    }
    return;
  }
  // A connection that is used again opens no socket: its address is looked at before the request.
  set(easy_, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
  set(easy_, CURLOPT_PREREQDATA, this);
}

bool Transfer::takes_body() const {
  return !request_.body.empty() || request_.method == "POST" || request_.method == "PUT" ||
         request_.method == "PATCH";
}

void Transfer::set_method() {
  if (request_.method == "HEAD") {
    set(easy_, CURLOPT_NOBODY, 1L);
    return;
  }
  if (!takes_body()) {
    set(easy_, CURLOPT_HTTPGET, 1L);
    if (request_.method != "GET") set(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    return;
  }
  // Read by a function, not by CURLOPT_POSTFIELDS: so libcurl must ask before it sends a body a
  // second time over a new connection, and is told no. A billed request leaves once.
  set(easy_, CURLOPT_POST, 1L);
  set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  if (request_.method != "POST") set(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  set(easy_, CURLOPT_READFUNCTION, &Transfer::on_read);
  set(easy_, CURLOPT_READDATA, this);
  set(easy_, CURLOPT_SEEKFUNCTION,
      static_cast<curl_seek_callback>([](void *self, curl_off_t offset, int origin) {
        return on_rewind(self, offset, origin);
      }));
  set(easy_, CURLOPT_SEEKDATA, this);
}

void Transfer::set_headers() {
  lines_.clear();
  for (const auto &[name, value] : request_.headers.lines()) lines_.add(line_of(name, value));
  if (takes_body()) {
    lines_.add("Expect:");  // no second of waiting for a 100 that few servers send
    if (!request_.headers.find("Content-Type")) lines_.add("Content-Type:");
  }
  for (const SecretHeader &header : request_.secret_headers) {
    try {
      read_secret(header, [&](std::string_view secret) {
        if (has_line_break(secret)) {
          const std::string &place = header.file.empty() ? header.secret : header.file;
          throw Error(Status::unauthenticated, "the secret '" + place +
                                                   "' holds a line break: remove it where the "
                                                   "secret is set");
        }
        std::string value;
        value.reserve(header.before.size() + secret.size());
        value.append(header.before).append(secret);
        std::string line = line_of(header.name, value);
        wipe(value);
        lines_.add(line);
        wipe(line);
      });
    } catch (const Error &error) {
      return fail(Kind::no_secret, error.what());
    }
  }
  set(easy_, CURLOPT_HTTPHEADER, lines_.get());
}

}  // namespace pictor::remote
