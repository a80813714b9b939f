#pragma once

#include "plan/plan.hpp"
#include "plan/rate_limit.hpp"
#include "plan/retry_policy.hpp"
#include "run/request.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// Remembers the samples that failed and are tried again, and says what becomes of each failure. It
// knows only those that are open: what ended or was never tried costs nothing.
class Retries {
 public:
  explicit Retries(std::span<const RunModel> models);

  struct Failed {
    const Request &request;
    std::uint32_t index;
    const SampleEnd &end;
    Time sent;
    bool outage;    // the endpoint is in trouble: it is not the sample's fault
    double random;  // for the jitter; one for all pictures of a request, so that they stay together
  };
  struct Next {
    Verdict::Kind kind = Verdict::Kind::final;
    Time at{};
    std::uint32_t lane = 0;  // again, fallback: who draws it
  };
  // For `again` and `fallback` the attempt is remembered.
  Next judge(const Failed &failed, Time now);

  // The sample ended: lays the earlier attempts and their cost over `end`. Returns that cost.
  std::int64_t close(const Request &request, std::uint32_t index, SampleEnd &end);

  // That model draws no more: nothing falls back to it.
  void stopped(std::uint32_t model) { gone_[model] = true; }

  // The least that the deadlines of a request's samples leave of it; nothing: no deadline.
  std::optional<std::chrono::nanoseconds> time_left(const Work &work, Time now) const;
  // Whether the sample's deadline passed while it waited to be asked for again.
  bool is_late(const Sample &sample, std::uint32_t lane, Time now) const;
  // Why a sample that is late ended.
  Failure late_failure(const Sample &sample) const;

 private:
  struct Tried {
    std::uint32_t attempts = 0;  // in all
    std::uint32_t here = 0;      // by the model that has it now
    Time first{};                // when the first request left
    std::optional<std::int64_t> cost_micros;
    std::string before;  // "painter (refused: the policy says no)": why another model has it now
    Failure last;
  };

  std::uint32_t lane_named(const std::string &name) const;
  void remember(const Failed &failed, Tried &tried) const;

  std::span<const RunModel> models_;
  std::vector<RetryPolicy> policies_;  // by model
  std::vector<bool> gone_;             // by model
  std::map<Sample, Tried> tried_;
};

}  // namespace pictor::host
