#pragma once

#include "plan/limit_pool.hpp"

#include <fmt/format.h>

#include <deque>
#include <sstream>
#include <string>

namespace pictor::test {

// A pool told and shown as text, at times of the test's choosing.
class LimitScript {
 public:
  explicit LimitScript(const host::PoolMember &member) : LimitScript(std::vector{member}) {}
  explicit LimitScript(const std::vector<host::PoolMember> &members) : pool(members) {}

  static host::PoolMember remote(std::uint32_t calls) {
    host::PoolMember member;
    member.calls = calls;
    member.remote = true;
    return member;
  }

  LimitScript &at(double second) {
    now_ = host::Time{} + host::duration_of(second);
    return *this;
  }

  // Sends single requests until the pool says no: "4 left, then at 1.5 s", "2 left, then when one
  // is back".
  std::string send(std::uint32_t most = 100, std::uint32_t pictures = 1) {
    std::uint32_t count = 0;
    while (count < most && pool.ready(now_) <= now_) {
      pool.call_began();
      out_.push_back(pool.sent(pictures, now_));
      ++count;
    }
    return fmt::format("{} left, then {}", count, next());
  }

  // "now", "at 1.5 s", "when one is back".
  std::string next() const {
    const host::Time ready = pool.ready(now_);
    if (ready == host::Time::max()) return "when one is back";
    if (ready <= now_) return "now";
    return fmt::format("at {:.6g} s", std::chrono::duration<double>(ready - host::Time{}).count());
  }

  // Ends the oldest ones that are out, each as a word says: "ok transient ok".
  LimitScript &answer(const std::string &outcomes, std::int64_t retry_after_ms = -1,
                      const host::RateReport &report = {}) {
    std::istringstream words(outcomes);
    for (std::string word; words >> word;) {
      host::Failure failure;
      failure.outcome = host::outcome_named(word).value();
      failure.retry_after_ms = retry_after_ms;
      failure.message = "HTTP 503";
      const bool ok = failure.outcome == host::Outcome::ok;
      pool.call_ended();
      pool.answered(out_.front(), ok ? nullptr : &failure, report, now_);
      out_.pop_front();
    }
    return *this;
  }

  std::string waiting() const { return pool.waiting(now_); }

  host::LimitPool pool;

 private:
  host::Time now_{};
  std::deque<host::Ticket> out_;
};

}  // namespace pictor::test
