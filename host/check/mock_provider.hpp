#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::host::check {

// What a provider says to whatever it is asked.
struct ProviderAnswer {
  int status = 200;
  std::vector<std::string> headers = {};  // "Retry-After: 7"
  std::string body = "{}";
  std::string media_type = "application/json";
  std::uint64_t missing = 0;  // bytes that it announces beyond the body, and never sends
  bool endless = false;       // the body, again and again, up to most_bytes
  bool drips = false;         // a byte of the body every drip_every
};

// A provider of this machine alone: HTTP/1.1 on a loopback port, one answer for every request. It
// is there until the process ends.
class MockProvider {
 public:
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
  static constexpr std::chrono::milliseconds drip_every{100};

  // Throws Skip when no port can be had.
  MockProvider();
  ~MockProvider() = delete;
  MockProvider(const MockProvider &) = delete;
  MockProvider &operator=(const MockProvider &) = delete;

  std::string url() const;

  // From now on. Forgets what was asked.
  void answer_with(ProviderAnswer answer);
  // How often it was asked, and for something (POST).
  std::uint64_t questions() const { return questions_; }
  std::uint64_t posts() const { return posts_; }
  // Whether somebody took the whole of an endless body.
  bool was_taken_whole() const { return taken_whole_; }

 private:
  void accept_all();
  void serve(int connection);
  void send_answer(int connection, const ProviderAnswer &answer);

  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // of the answer
  std::shared_ptr<const ProviderAnswer> answer_;
  std::atomic<std::uint64_t> questions_{0}, posts_{0};
  std::atomic<bool> taken_whole_{false};
};

}  // namespace pictor::host::check
