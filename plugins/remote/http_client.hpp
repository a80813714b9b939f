#pragma once

#include "remote/http.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace pictor::remote {

struct ClientOptions {
  std::string user_agent;
  std::string proxy;    // empty: http_proxy, https_proxy, no_proxy of the environment
  std::string ca_file;  // empty: the system's
  std::uint32_t max_connections_per_host = 0;  // 0: as many as requests
  std::uint32_t threads = 2;                   // that run `done`
};

// Decides where a download may go: from the address that a name resolved to.
enum class Addresses {
  any,
  public_only,  // no loopback, private, link-local, multicast or unspecified address
};

// How a request is watched. All may be empty.
struct Watch {
  // Asked now and then on the event loop, and soon after check_cancelled().
  std::function<bool()> cancelled;
  // The answer's bytes as they come, on the event loop; the head is complete. Returning false ends
  // the transfer as cancelled. Then the body of the HttpAnswer is empty. Must not block.
  std::function<bool(const HttpAnswer &head, std::string_view bytes)> on_bytes;
  Addresses addresses = Addresses::any;
};

// Many HTTP requests at once over one event loop: libcurl's multi interface on a thread of its own,
// HTTP/2 where the server has it, connections kept. Results run on a few threads beside it, so that
// decoding a picture stops no transfer. Every function may be called from any thread.
//
// TLS is verified. Only http and https are spoken. Nothing is retried: one request is one attempt.
class HttpClient {
 public:
  explicit HttpClient(ClientOptions options);
  // Ends what is in flight as `cancelled`, drops timers, and returns when no callback runs any
  // more: never to be called from one.
  ~HttpClient();
  HttpClient(const HttpClient &) = delete;
  HttpClient &operator=(const HttpClient &) = delete;

  // `done` is called exactly once, on one of the client's threads, also for what could not start.
  void send(HttpRequest request, std::function<void(HttpResult)> done, Watch watch = {});
  // Calls `then` once on one of the client's threads, not before `delay`; never after the client's
  // end. With `cancelled` it runs as soon as that holds.
  void after(std::chrono::milliseconds delay, std::function<void()> then,
             std::function<bool()> cancelled = {});
  // Asks every `cancelled` now. Never blocks.
  void check_cancelled();
  // What the destructor does. Later requests end as `cancelled`, on the thread that sends them;
  // later timers are dropped.
  void close();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pictor::remote
