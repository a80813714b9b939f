// A client of tests/fault/billing_server.py: a model that is paid for, over a Unix socket. Its
// money is counted on the other side.
#include <pictor/model.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace {

using P = pictor::RuntimeParameter;
using pictor::Error;
using pictor::Status;

constexpr int poll_ms = 10;
constexpr std::int64_t price_micros = 10'000;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { ::close(number_); }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// One line goes there, one answer comes back. `paid` says whether the line may cost money.
class Call {
 public:
  Call(const std::string &address, const std::string &line, const pictor::Request &request,
       bool paid)
      : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), request_(request), paid_(paid) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.size() >= sizeof name.sun_path) {
      throw Error(Status::invalid_argument, "address is too long").parameter("address");
    }
    std::memcpy(name.sun_path, address.c_str(), address.size() + 1);
    if (::connect(socket_.number(), reinterpret_cast<const sockaddr *>(&name), sizeof name) != 0) {
      throw Error(Status::unavailable, std::string("cannot connect: ") + std::strerror(errno))
          .retry_safe();
    }
    const auto sent = ::send(socket_.number(), line.data(), line.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(line.size())) throw lost("the request was cut");
  }

  // The first line, without its end.
  std::string line() {
    for (;;) {
      const auto end = received_.find('\n');
      if (end != std::string::npos) {
        std::string line = received_.substr(0, end);
        received_.erase(0, end + 1);
        return line;
      }
      receive();
    }
  }

  std::vector<std::uint8_t> bytes(std::size_t size) {
    while (received_.size() < size) receive();
    return {received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(size)};
  }

 private:
  Error lost(const std::string &message) const {
    Error error(Status::unavailable, message);
    return paid_ ? error.maybe_billed() : error.retry_safe();
  }

  void receive() {
    pollfd wanted{socket_.number(), POLLIN, 0};
    while (::poll(&wanted, 1, poll_ms) == 0) {
      if (!request_.cancelled()) continue;
      Error error(Status::cancelled, "stopped while the answer was awaited");
      throw paid_ ? error.maybe_billed() : error;
    }
    char part[1 << 14];
    const ssize_t got = ::recv(socket_.number(), part, sizeof part, 0);
    if (got <= 0) throw lost("the connection closed before the answer");
    received_.append(part, static_cast<std::size_t>(got));
  }

  Descriptor socket_;
  const pictor::Request &request_;
  bool paid_;
  std::string received_;
};

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Error refusal(std::int64_t http_status, std::int64_t retry_after_ms) {
  const auto made = [&](Status status, const char *message) {
    return Error(status, message)
        .http_status(static_cast<int>(http_status))
        .retry_after_ms(retry_after_ms);
  };
  switch (http_status) {
    case 429:
      return made(Status::rate_limited, "slower, please").retry_safe();
    case 451:
      return made(Status::content_rejected, "the policy refuses this prompt").retry_never();
    case 503:
      return made(Status::unavailable, "overloaded").retry_safe();
    default:
      return made(Status::protocol, "an answer that nobody expects").retry_never();
  }
}

// What follows "WORD " in the answer's first line; throws what the service refused with.
std::string expect(const std::string &line, const std::string &word) {
  if (line == "abort") std::abort();
  if (line.starts_with(word + " ")) return line.substr(word.size() + 1);
  if (!line.starts_with("error ")) throw Error(Status::protocol, "not understood: " + line);
  const std::size_t space = line.find(' ', 6);
  throw refusal(number(line.substr(6, space - 6)), number(line.substr(space + 1)));
}

class BillingClient : public pictor::ImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "billing-client",
            .label = "Paid pictures",
            .doc = "Asks the counting server of the fault tests.",
            .max_concurrency = 8,
            .billed = true,
            .needs_network = true};
  }
  static std::vector<P> runtime_parameters() {
    return {P::string("address").doc("The server's Unix socket.").load().required().limit_key(),
            P::boolean("checkpoint").doc("Queue, then collect.").load().default_value(false),
            P::integer("width").doc("Width.").unit("px").range(1, 512).default_value(8),
            P::integer("height").doc("Height.").unit("px").range(1, 512).default_value(8)};
  }

  explicit BillingClient(const pictor::Params &config)
      : address_(config.get<std::string>("address")), queues_(config.get<bool>("checkpoint")) {}

  std::string model_name() const override { return "billing-1"; }

  void generate(std::span<pictor::Request> requests) override {
    for (pictor::Request &request : requests) {
      const std::string queue_id = queues_ ? queued(request) : std::string();
      for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
        if (request.cancelled()) throw Error(Status::cancelled, "stopped before it was sent");
        queues_ ? collect(request, k, queue_id) : draw(request, k);
      }
    }
  }

 private:
  static std::string key(const pictor::Request &request, std::uint32_t k) {
    return std::to_string(request.seed(k));
  }
  static std::string size(const pictor::Request &request) {
    const auto side = [&](const char *id) {
      return std::to_string(request.generation_kwargs().get<std::int64_t>(id));
    };
    return side("width") + '\t' + side("height");
  }

  void draw(pictor::Request &request, std::uint32_t k) const {
    const std::string line = "draw\t" + key(request, k) + '\t' + size(request) + '\t' +
                             std::string(request.prompt()) + '\n';
    Call call(address_, line, request, true);
    hand_over(request, k, call);
  }

  // The id under which the server works on this request: from an earlier life, or paid for now.
  std::string queued(pictor::Request &request) const {
    if (!request.checkpoint().empty()) return std::string(request.checkpoint());
    std::string line = "queue\t" + std::string(request.prompt()) + '\t' + size(request);
    for (std::uint32_t k = 0; k < request.num_generations(); ++k) line += '\t' + key(request, k);
    Call call(address_, line + '\n', request, true);
    std::string id = expect(call.line(), "queued");
    request.save_checkpoint(id);
    return id;
  }

  void collect(pictor::Request &request, std::uint32_t k, const std::string &queue_id) const {
    const std::string line = "collect\t" + queue_id + '\t' + key(request, k) + '\n';
    Call call(address_, line, request, false);
    hand_over(request, k, call);
  }

  static void hand_over(pictor::Request &request, std::uint32_t k, Call &call) {
    const auto bytes = static_cast<std::size_t>(number(expect(call.line(), "ok")));
    const auto width = request.generation_kwargs().get<std::uint32_t>("width");
    const auto height = request.generation_kwargs().get<std::uint32_t>("height");
    request.image(
        k, pictor::Image::raw(width, height, 3, call.bytes(bytes)).cost(price_micros, "USD"));
  }

  std::string address_;
  bool queues_;
};

}  // namespace

PICTOR_PLUGIN("billing-client", "1.0.0", "Paid pictures", BillingClient);
