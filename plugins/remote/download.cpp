#include "remote/answers.hpp"
#include "remote/base64.hpp"
#include "remote/pictures.hpp"
#include "remote/url.hpp"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

namespace pictor::remote {
namespace {

using Kind = TransferFailure::Kind;
using std::chrono::milliseconds;

constexpr int max_redirects = 5;
constexpr milliseconds longest_pause{8'000};
constexpr milliseconds longest_asked_pause{60'000};

// One picture on its way, kept alive by the callbacks that wait for something.
class Download : public std::enable_shared_from_this<Download> {
 public:
  Download(HttpClient &client, std::string url, const DownloadRules &rules, bool bills,
           std::function<bool()> cancelled, std::function<void(std::variant<Image, Error>)> done)
      : client_(client),
        text_(std::move(url)),
        rules_(rules),
        bills_(bills),
        cancelled_(std::move(cancelled)),
        done_(std::move(done)) {}
  Download(const Download &) = delete;
  Download &operator=(const Download &) = delete;
  // The client ended while a pause went on.
  ~Download() {
    if (done_) lose(Status::cancelled, "the download of a picture was cancelled");
  }

  void start() {
    if (text_.starts_with("data:")) {
      client_.after(milliseconds(0), [self = shared_from_this()] { self->decode(); });
      return;
    }
    url_ = Url::parse(text_);
    hops_ = 0;
    ++attempt_;
    fetch();
  }

 private:
  void fetch();
  void decode();
  void take(HttpResult result);
  void take_answer(HttpAnswer answer);
  void redirect(const HttpAnswer &answer);
  void repeat_or_lose(Status status, const std::string &message,
                      std::optional<milliseconds> asked = std::nullopt);
  std::variant<Image, Error> picture_or_error(std::vector<std::uint8_t> bytes) const;
  void lose(Status status, const std::string &message);
  void finish(std::variant<Image, Error> result) {
    std::exchange(done_, nullptr)(std::move(result));
  }
  std::string who() const { return "the picture at " + url_->host; }

  HttpClient &client_;
  const std::string text_;
  const DownloadRules rules_;
  const bool bills_;
  const std::function<bool()> cancelled_;
  std::function<void(std::variant<Image, Error>)> done_;
  std::optional<Url> url_;
  int hops_ = 0;
  int attempt_ = 0;
};

void Download::fetch() {
  HttpRequest request;
  if (url_ && url_->scheme == "http" && !rules_.allow_http) {
    // Said by the client's own thread, like every other end.
    client_.after(milliseconds(0), [self = shared_from_this()] {
      self->lose(Status::protocol, "the picture at " + self->url_->host +
                                       " is offered over plain http, which is not allowed here");
    });
    return;
  }
  request.url = url_ ? url_->text : std::string();
  request.headers.set("Accept", "image/*,*/*;q=0.5");
  request.timeout = rules_.timeout;
  request.max_bytes = rules_.max_bytes;
  Watch watch;
  watch.cancelled = cancelled_;
  watch.addresses = rules_.allow_private ? Addresses::any : Addresses::public_only;
  client_.send(
      std::move(request),
      [self = shared_from_this()](HttpResult result) { self->take(std::move(result)); },
      std::move(watch));
}

void Download::decode() {
  if (text_.size() / 4 * 3 > rules_.max_bytes) {
    return lose(Status::protocol, "the picture in the answer's data URL is larger than " +
                                      std::to_string(rules_.max_bytes) + " bytes");
  }
  auto bytes = from_base64(text_);
  if (!bytes) return lose(Status::protocol, "the answer's data URL holds no base64");
  finish(picture_or_error(std::move(*bytes)));
}

std::variant<Image, Error> Download::picture_or_error(std::vector<std::uint8_t> bytes) const {
  try {
    return picture_from(std::move(bytes), bills_);
  } catch (const Error &error) {
    return error;
  }
}

void Download::take(HttpResult result) {
  if (auto *answer = std::get_if<HttpAnswer>(&result)) return take_answer(std::move(*answer));
  const TransferFailure &failure = std::get<TransferFailure>(result);
  const std::string who_failed = url_ ? who() : std::string("a picture");
  switch (failure.kind) {
    case Kind::resolve:
    case Kind::connect:
    case Kind::reset:
    case Kind::undecodable:
    case Kind::other:
      return repeat_or_lose(Status::unavailable,
                            "cannot download " + who_failed + ": " + failure.message);
    case Kind::timeout:
      return repeat_or_lose(Status::timeout,
                            "cannot download " + who_failed + ": " + failure.message);
    case Kind::cancelled:
      return lose(Status::cancelled, "the download of a picture was cancelled");
    case Kind::refused_address:
      return lose(Status::protocol, "the download of " + who_failed +
                                        " was refused: " + failure.message +
                                        " (private addresses must be allowed for downloads)");
    default:
      return lose(Status::protocol, "cannot download " + who_failed + ": " + failure.message);
  }
}

void Download::take_answer(HttpAnswer answer) {
  if (answer.status >= 300 && answer.status < 400 && answer.headers.find("Location")) {
    return redirect(answer);
  }
  if (answer.status != 200) {
    const std::string message =
        "cannot download " + who() + ": HTTP " + std::to_string(answer.status);
    const bool passes = answer.status >= 500 || answer.status == 408 || answer.status == 425 ||
                        answer.status == 429;
    // Never the status of a wrong key or a bad request: neither was ours.
    if (!passes) return lose(Status::protocol, message);
    return repeat_or_lose(Status::unavailable, message,
                          retry_after(answer.headers, std::chrono::system_clock::now()));
  }
  auto picture = picture_or_error({answer.body.begin(), answer.body.end()});
  if (const Error *error = std::get_if<Error>(&picture)) {
    return repeat_or_lose(error->status(), "cannot use " + who() + ": " + error->what());
  }
  finish(std::move(picture));
}

void Download::redirect(const HttpAnswer &answer) {
  const std::optional<Url> target = url_->follow(*answer.headers.find("Location"));
  if (!target) {
    return lose(Status::protocol, who() + " redirects to what is no http or https URL");
  }
  if (++hops_ > max_redirects) {
    return lose(Status::protocol,
                who() + " redirects more than " + std::to_string(max_redirects) + " times");
  }
  url_ = target;
  fetch();
}

void Download::repeat_or_lose(Status status, const std::string &message,
                              std::optional<milliseconds> asked) {
  if (attempt_ >= rules_.attempts || (cancelled_ && cancelled_())) return lose(status, message);
  // 0.5 s, 1 s, ... 8 s, a random quarter less.
  thread_local std::minstd_rand random{std::random_device{}()};
  const double jitter = std::uniform_real_distribution<double>(0.75, 1.0)(random);
  const auto doubled = rules_.first_pause * (1 << std::min(attempt_ - 1, 16));
  milliseconds pause(static_cast<std::int64_t>(
      static_cast<double>(std::min<milliseconds>(doubled, longest_pause).count()) * jitter));
  if (asked) pause = std::max(pause, std::min(*asked, longest_asked_pause));
  client_.after(
      pause, [self = shared_from_this()] { self->start(); }, cancelled_);
}

void Download::lose(Status status, const std::string &message) {
  Error error(status, message);
  if (bills_) error.billed();
  finish(std::move(error));
}

}  // namespace

void download(HttpClient &client, std::string url, const DownloadRules &rules, bool bills,
              std::function<bool()> cancelled,
              std::function<void(std::variant<Image, Error>)> done) {
  std::make_shared<Download>(client, std::move(url), rules, bills, std::move(cancelled),
                             std::move(done))
      ->start();
}

}  // namespace pictor::remote
