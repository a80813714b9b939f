#pragma once

#include "remote/header_lines.hpp"
#include "remote/http_client.hpp"
#include "remote/url.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::remote {

// One request on its way: what libcurl is told about it and what came back so far. Lives on the
// event loop, but for its beginning and `answer`.
class Transfer {
 public:
  using Clock = std::chrono::steady_clock;

  Transfer(HttpRequest request, std::function<void(HttpResult)> done, Watch watch);
  Transfer(const Transfer &) = delete;
  Transfer &operator=(const Transfer &) = delete;

  // Sets `easy` (a CURL, fresh or reset) up for the request, or for where its redirect leads.
  // False: it has ended already.
  bool prepare(void *easy, void *share, const ClientOptions &options);
  // Whether it must end now, by time or by wish (asked when `ask`).
  bool must_end(Clock::time_point now, bool ask);
  // libcurl has ended what `prepare` set up. True: a redirect is to be followed, prepare again.
  bool ended(int curl_code);
  // Ends it with this, unless it has ended already.
  void fail(TransferFailure::Kind kind, const std::string &message);
  // libcurl has let go of the handle: the secrets go.
  void release();
  // Calls `done`. Once, last.
  void answer();

 private:
  static std::size_t on_header(char *data, std::size_t size, std::size_t count, void *self);
  static std::size_t on_body(char *data, std::size_t size, std::size_t count, void *self);
  static std::size_t on_read(char *data, std::size_t size, std::size_t count, void *self);
  static int on_rewind(void *self, std::int64_t offset, int origin);
  static int on_open(void *self, int purpose, void *address);
  static int on_connected(void *self, char *peer, char *local, int peer_port, int local_port);

  void set_headers();
  void set_method();
  void set_body();
  void set_route(const ClientOptions &options);
  bool take_header(std::string_view line);
  bool take_body(std::string_view bytes);
  bool is_redirect() const;
  bool follow_redirect();
  void note_traffic(Clock::time_point now);
  bool was_connected() const;
  bool was_sent(int curl_code) const;
  bool takes_body() const;

  HttpRequest request_;
  std::function<void(HttpResult)> done_;
  Watch watch_;
  std::optional<Url> url_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point last_traffic_ = started_;
  std::int64_t traffic_ = 0;
  int hops_ = 0;
  bool sent_ = false;

  void *easy_ = nullptr;
  HeaderLines lines_;
  std::array<char, 256> words_{};  // CURL_ERROR_SIZE
  std::size_t read_ = 0;           // of the request's body
  bool refused_address_ = false;
  bool through_proxy_ = false;

  HttpAnswer head_;
  bool head_complete_ = false;
  std::uint64_t header_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::optional<TransferFailure> failure_;
};

}  // namespace pictor::remote
