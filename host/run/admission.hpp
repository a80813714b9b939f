#pragma once

#include "plan/limit_pool.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// Whether a request may leave now, and if not, when: the one place that is asked. Models whose
// accounts are the same are held to their limits together.
class Admission {
 public:
  // `members`: what each of the models brings into its pool.
  Admission(std::span<const RunModel> models, const std::vector<PoolMember> &members);

  // When the model's next call may leave. Time::max(): not before something that is out has ended.
  Time ready(std::uint32_t model, Time now) const { return pool(model).ready(now); }
  // Requests in that call, at most.
  std::uint32_t most_requests(std::uint32_t model) const { return pool(model).most_requests(); }
  // Why the model waits, where that is worth a word; else empty.
  std::string waiting(std::uint32_t model, Time now) const { return pool(model).waiting(now); }

  LimitPool &pool(std::uint32_t model) { return pools_[pool_of_[model]]; }
  const LimitPool &pool(std::uint32_t model) const { return pools_[pool_of_[model]]; }
  // The models of the same pool, that one included.
  std::vector<std::uint32_t> models_beside(std::uint32_t model) const;

 private:
  std::vector<std::uint32_t> pool_of_;  // by model
  std::vector<LimitPool> pools_;
};

}  // namespace pictor::host
