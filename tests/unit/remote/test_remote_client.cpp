#include "remote/base64.hpp"
#include "remote/http_client.hpp"
#include "remote/pictures.hpp"
#include "support/catch.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace pictor::remote;
using Kind = TransferFailure::Kind;

namespace {

// A port of this machine that nobody listens on while it lives: bound, never listened on.
class ClosedPort {
 public:
  ClosedPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/path?key=hidden";
  }
  ~ClosedPort() { ::close(socket_); }
  ClosedPort(const ClosedPort &) = delete;
  ClosedPort &operator=(const ClosedPort &) = delete;
  const std::string &url() const { return url_; }

 private:
  int socket_;
  std::string url_;
};

HttpResult result_of(HttpClient &client, HttpRequest request, Watch watch = {}) {
  std::promise<HttpResult> promise;
  client.send(
      std::move(request), [&](HttpResult result) { promise.set_value(std::move(result)); },
      std::move(watch));
  return promise.get_future().get();
}

TransferFailure failure_of(HttpRequest request, Watch watch = {}) {
  HttpClient client({});
  return std::get<TransferFailure>(result_of(client, std::move(request), std::move(watch)));
}

HttpRequest post_to(const std::string &url) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = "{}";
  return request;
}

}  // namespace

TEST_CASE("what cannot be sent ends without a connection") {
  const ClosedPort port;
  SECTION("no URL") {
    const auto failure = failure_of(post_to("nowhere/at?key=hidden"));
    CHECK(failure.kind == Kind::bad_url);
    CHECK(failure.message.find("hidden") == std::string::npos);
    CHECK_FALSE(failure.sent);
  }
  SECTION("another protocol") {
    CHECK(failure_of(post_to("file:///etc/hosts")).kind == Kind::bad_url);
  }
  SECTION("a header that would become two") {
    HttpRequest request = post_to(port.url());
    request.headers.set("X-Name", "a\r\nX-Other: b");
    CHECK(failure_of(request).kind == Kind::other);
  }
  SECTION("a secret that nobody has") {
    HttpRequest request = post_to(port.url());
    request.secret_headers.push_back({"Authorization", "Bearer ", "OPENAI_API_KEY"});
    const auto failure = failure_of(request);
    CHECK(failure.kind == Kind::no_secret);
    CHECK_THAT(failure.message, ContainsSubstring("OPENAI_API_KEY"));
  }
  SECTION("cancelled before") {
    Watch watch;
    watch.cancelled = [] { return true; };
    CHECK(failure_of(post_to(port.url()), watch).kind == Kind::cancelled);
  }
}

TEST_CASE("a refused connection was not sent, and tells no query") {
  const ClosedPort port;
  const auto failure = failure_of(post_to(port.url()));
  CHECK(failure.kind == Kind::connect);
  CHECK_FALSE(failure.sent);
  CHECK(failure.status == 0);
  CHECK(failure.message.find("hidden") == std::string::npos);
}

TEST_CASE("a name that does not exist was not sent") {
  const auto failure = failure_of(post_to("http://pictor-test.invalid/"));
  CHECK(failure.kind == Kind::resolve);
  CHECK_FALSE(failure.sent);
}

TEST_CASE("a public download goes to no private address") {
  const ClosedPort port;
  Watch watch;
  watch.addresses = Addresses::public_only;
  std::string url = port.url();
  SECTION("numeric") {}
  SECTION("by name") {
    url.replace(url.find("127.0.0.1"), 9, "localhost");
  }
  SECTION("IPv4 in IPv6") {
    url.replace(url.find("127.0.0.1"), 9, "[::ffff:127.0.0.1]");
  }
  SECTION("hexadecimal") {
    url.replace(url.find("127.0.0.1"), 9, "0x7f.1");
  }
  CHECK(failure_of(post_to(url), watch).kind == Kind::refused_address);
}

TEST_CASE("timers run once, in time or when they are cancelled") {
  HttpClient client({});
  std::promise<void> soon, cancelled;
  std::atomic<bool> ending = false;
  client.after(std::chrono::milliseconds(1), [&] { soon.set_value(); });
  client.after(
      std::chrono::hours(1), [&] { cancelled.set_value(); }, [&] { return ending.load(); });
  soon.get_future().wait();
  ending = true;
  client.check_cancelled();
  cancelled.get_future().wait();
}

TEST_CASE("timers end with their client") {
  std::atomic<int> ran = 0;
  const auto kept = std::make_shared<int>(1);
  {
    HttpClient client({});
    client.after(std::chrono::hours(1), [&ran, kept] { ++ran; });
  }
  CHECK(ran == 0);
  CHECK(kept.use_count() == 1);
}

TEST_CASE("every request is answered once, also at the end of its client") {
  const ClosedPort port;
  std::atomic<int> answered = 0;
  constexpr int count = 200;
  {
    HttpClient client({});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < count / 4; ++i) {
          client.send(post_to(port.url()), [&](HttpResult) { ++answered; });
        }
      });
    }
    for (std::thread &thread : threads) thread.join();
  }
  CHECK(answered == count);
}

TEST_CASE("a callback may send again while its client ends") {
  const ClosedPort port;
  std::atomic<int> answered = 0;
  {
    HttpClient client({});
    std::promise<void> first;
    client.send(post_to(port.url()), [&](HttpResult) {
      first.set_value();
      client.send(post_to(port.url()), [&](HttpResult) { ++answered; });
    });
    first.get_future().wait();
  }
  CHECK(answered == 1);
}

TEST_CASE("a callback that throws ends nothing else") {
  HttpClient client({});
  client.send(post_to("x"), [](HttpResult) { throw std::runtime_error("not caught"); });
  CHECK(std::get<TransferFailure>(result_of(client, post_to("y"))).kind == Kind::bad_url);
}

TEST_CASE("a data URL is a picture without a download") {
  HttpClient client({});
  const std::string gif = "GIF89a.....";
  const auto fetch = [&](const std::string &url, const DownloadRules &rules) {
    std::promise<std::variant<pictor::Image, pictor::Error>> promise;
    download(client, url, rules, true, {},
             [&](auto result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  };
  const std::string url = "data:image/gif;base64," + to_base64(gif);
  CHECK(std::get<pictor::Image>(fetch(url, {})).media_type() == "image/gif");
  DownloadRules small;
  small.max_bytes = 4;
  CHECK(std::get<pictor::Error>(fetch(url, small)).view().flags == PICTOR_ERROR_BILLED);
  CHECK(std::holds_alternative<pictor::Error>(fetch("data:image/gif;base64,?", {})));
}

TEST_CASE("a download that waits is answered when its client ends") {
  const ClosedPort port;
  std::promise<std::variant<pictor::Image, pictor::Error>> promise;
  auto future = promise.get_future();
  {
    HttpClient client({});
    DownloadRules rules;
    rules.allow_private = rules.allow_http = true;
    rules.first_pause = std::chrono::hours(1);
    download(client, port.url(), rules, true, {},
             [&](auto result) { promise.set_value(std::move(result)); });
  }
  const auto result = future.get();
  CHECK(std::get<pictor::Error>(result).status() == pictor::Status::cancelled);
  CHECK(std::get<pictor::Error>(result).view().flags == PICTOR_ERROR_BILLED);
}
