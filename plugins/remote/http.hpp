#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pictor::remote {

// Names in any letter case, in the order of the wire. One name may come several times.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> lines) : lines_(lines) {}
  // Replaces every line of that name.
  void set(std::string name, std::string value);
  void add(std::string name, std::string value);
  void erase(std::string_view name);
  // The first line of that name, without the spaces around it.
  std::optional<std::string> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>> &lines() const { return lines_; }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// A header whose value is built when the request leaves, from a secret that the host keeps or that
// stands in a file: `before`, then the secret. Never sent to another origin than the request's own.
struct SecretHeader {
  std::string name;       // "Authorization"
  std::string before;     // "Bearer "
  std::string secret;     // what the SECRET parameter holds: a name for with_secret
  std::string file = {};  // not empty: in place of `secret`
};

// One part of multipart/form-data.
struct Part {
  std::string name;
  std::string content;
  std::string file_name;   // empty: a plain field
  std::string media_type;  // empty: none is sent
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  Headers headers;
  std::vector<SecretHeader> secret_headers;
  std::string body;
  std::vector<Part> parts;  // when there are any: multipart/form-data instead of `body`
  std::chrono::milliseconds timeout{600'000};  // in all
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds silence{0};  // without a byte either way; 0: `timeout` alone
  std::uint64_t max_bytes = 256u << 20;  // of the answer, after decompression
  int max_redirects = 0;  // followed within the same origin; 0: an answer like another
};

struct HttpAnswer {
  int status = 0;
  Headers headers;
  std::string body;  // decompressed; empty for a request whose bytes went to `on_bytes`
  std::string url;   // where it came from, after redirects
  std::chrono::nanoseconds until_first_byte{0};
  std::chrono::nanoseconds in_all{0};
};

// No answer, or not all of one.
struct TransferFailure {
  enum class Kind {
    bad_url,
    resolve,
    connect,
    tls,  // no trust, or no agreement
    timeout,
    reset,  // the connection ended in the middle
    too_large,
    refused_address,  // a download that may not go there
    redirects,        // too many, or to where they may not go
    undecodable,      // a broken content encoding or transfer encoding
    no_secret,
    cancelled,
    other,
  };
  Kind kind = Kind::other;
  std::string message;  // libcurl's words, without URL query, credentials or headers
  // Whether the whole request may have reached the server: the server may have acted on it.
  bool sent = false;
  int status = 0;  // of an answer that began; 0: none did
  Headers headers;
};

using HttpResult = std::variant<HttpAnswer, TransferFailure>;

// scheme://host:port in lower case, the port always given. Empty for what is no http or https URL.
std::string origin_of(std::string_view url);

}  // namespace pictor::remote
