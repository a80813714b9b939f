#include "remote/event_loop.hpp"

#include <pictor/error.hpp>

#include <curl/curl.h>

#include <algorithm>
#include <new>
#include <utility>

namespace pictor::remote {
namespace {

constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::hours idle_wait{1};
constexpr long kept_connections = 256;
constexpr std::size_t kept_handles = 64;

// Once a process; never undone, as others in it may use libcurl.
void start_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) {
    throw Error(Status::internal,
                "libcurl does not start: " + std::string(curl_easy_strerror(code)));
  }
}

bool holds(const std::function<bool()> &condition) {
  try {
    return condition && condition();
  } catch (...) {
    return false;
  }
}

}  // namespace

HttpClient::Loop::Loop(ClientOptions options)
    : options_(std::move(options)), callbacks_(options_.threads) {
  start_libcurl();
  multi_ = curl_multi_init();
  share_ = curl_share_init();
  if (multi_ == nullptr || share_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
  if (options_.max_connections_per_host > 0) {
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.max_connections_per_host));
  }
  // Used by this thread alone: no locks.
  curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  thread_ = thread_without_signals([this] { run(); });
}

HttpClient::Loop::~Loop() {
  finish();
  for (void *easy : idle_) curl_easy_cleanup(easy);
  curl_multi_cleanup(multi_);
  curl_share_cleanup(static_cast<CURLSH *>(share_));
}

void HttpClient::Loop::finish() {
  if (thread_.joinable()) {
    leave([](Wishes &wishes) { wishes.end = true; });
    thread_.join();
  }
  callbacks_.finish();
}

template <typename Wish>
bool HttpClient::Loop::leave(Wish wish) {
  const std::lock_guard lock(mutex_);
  if (ended_) return false;
  wish(wishes_);
  if (!std::exchange(woken_, true)) curl_multi_wakeup(multi_);
  return true;
}

void HttpClient::Loop::send(std::shared_ptr<Transfer> transfer) {
  if (leave([&](Wishes &wishes) { wishes.transfers.push_back(transfer); })) return;
  cancel(transfer);
}

void HttpClient::Loop::cancel(const std::shared_ptr<Transfer> &transfer) {
  transfer->fail(TransferFailure::Kind::cancelled, "cancelled");
  callbacks_.run([transfer] { transfer->answer(); });
}

void HttpClient::Loop::after(Timer timer) {
  leave([&](Wishes &wishes) { wishes.timers.push_back(std::move(timer)); });
}

void HttpClient::Loop::check_cancelled() {
  leave([](Wishes &wishes) { wishes.check = true; });
}

void HttpClient::Loop::run() {
  for (;;) {
    Wishes wishes;
    {
      const std::lock_guard lock(mutex_);
      wishes = std::exchange(wishes_, {});
      ended_ = wishes.end;
      woken_ = false;
    }
    for (Timer &timer : wishes.timers) timers_.push_back(std::move(timer));
    if (wishes.end) {
      for (const auto &transfer : wishes.transfers) cancel(transfer);
      return end_all();
    }
    for (const auto &transfer : wishes.transfers) start(transfer);
    int still_running = 0;
    curl_multi_perform(multi_, &still_running);
    collect_ended();

    const Clock::time_point now = Clock::now();
    const bool look = wishes.check || now >= next_look_;
    if (look) look_around(now, true);
    run_timers(now, look);
    curl_multi_poll(multi_, nullptr, 0, milliseconds_to_wait(now), nullptr);
  }
}

void HttpClient::Loop::start(const std::shared_ptr<Transfer> &transfer) {
  CURL *easy = idle_.empty() ? curl_easy_init() : idle_.back();
  if (!idle_.empty()) idle_.pop_back();
  if (easy == nullptr) {
    transfer->fail(TransferFailure::Kind::other, "out of memory");
    callbacks_.run([transfer] { transfer->answer(); });
    return;
  }
  start_hop(easy, transfer);
}

void HttpClient::Loop::start_hop(void *easy, const std::shared_ptr<Transfer> &transfer) {
  if (!transfer->prepare(easy, share_, options_)) return finish_transfer(easy, transfer);
  if (const CURLMcode code = curl_multi_add_handle(multi_, easy); code != CURLM_OK) {
    transfer->fail(TransferFailure::Kind::other, curl_multi_strerror(code));
    return finish_transfer(easy, transfer);
  }
  running_[easy] = transfer;
}

void HttpClient::Loop::collect_ended() {
  int left = 0;
  while (const CURLMsg *message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    const CURLcode code = message->data.result;  // `message` ends with the removal
    const std::shared_ptr<Transfer> transfer = running_.at(easy);
    const bool follows = transfer->ended(code);
    if (!follows) {
      finish_transfer(easy, transfer);
      continue;
    }
    curl_multi_remove_handle(multi_, easy);
    running_.erase(easy);
    curl_easy_reset(easy);
    start_hop(easy, transfer);
  }
}

void HttpClient::Loop::look_around(Clock::time_point now, bool ask) {
  next_look_ = now + look_interval;
  std::vector<std::pair<void *, std::shared_ptr<Transfer>>> ending;
  for (const auto &[easy, transfer] : running_) {
    if (transfer->must_end(now, ask)) ending.emplace_back(easy, transfer);
  }
  for (const auto &[easy, transfer] : ending) finish_transfer(easy, transfer);
}

void HttpClient::Loop::finish_transfer(void *easy, const std::shared_ptr<Transfer> &transfer) {
  curl_multi_remove_handle(multi_, easy);
  running_.erase(easy);
  transfer->release();
  curl_easy_reset(easy);
  if (idle_.size() < kept_handles) {
    idle_.push_back(easy);
  } else {
    curl_easy_cleanup(easy);
  }
  callbacks_.run([transfer] { transfer->answer(); });
}

void HttpClient::Loop::run_timers(Clock::time_point now, bool ask) {
  const auto first_due = std::partition(timers_.begin(), timers_.end(), [&](const Timer &timer) {
    return timer.due > now && !(ask && holds(timer.cancelled));
  });
  std::sort(first_due, timers_.end(), [](const Timer &a, const Timer &b) { return a.due < b.due; });
  for (auto timer = first_due; timer != timers_.end(); ++timer) {
    callbacks_.run(std::move(timer->then));
  }
  timers_.erase(first_due, timers_.end());
}

int HttpClient::Loop::milliseconds_to_wait(Clock::time_point now) const {
  Clock::time_point until = now + idle_wait;
  if (!running_.empty()) until = std::min(until, next_look_);
  for (const Timer &timer : timers_) {
    until = std::min(until, timer.cancelled ? std::min(timer.due, next_look_) : timer.due);
  }
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
}

void HttpClient::Loop::end_all() {
  const auto running = running_;
  for (const auto &[easy, transfer] : running) {
    transfer->fail(TransferFailure::Kind::cancelled, "cancelled");
    finish_transfer(easy, transfer);
  }
  timers_.clear();
}

}  // namespace pictor::remote
