#include "fuzz/shrink.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace pictor::host::fuzz {

namespace {

class Shrinker {
 public:
  Shrinker(Script script, const std::function<bool(const Script &)> &fails)
      : best_(std::move(script)), fails_(fails) {}

  Script shrink() {
    try {
      leave_out_steps();
      while (simplify()) leave_out_steps();
    } catch (const Enough &) {
      return std::move(best_);
    }
    return std::move(best_);
  }

 private:
  bool try_instead(Script candidate) {
    if (!fails_(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  // Parts of half the script, then of a quarter, down to single steps; the last ones first, for
  // what comes after a failure is never needed.
  void leave_out_steps() {
    for (std::size_t part = (best_.steps.size() + 1) / 2; part > 0; part /= 2) {
      bool any = true;
      while (any) {
        any = false;
        for (std::size_t end = best_.steps.size(); end > 0; end -= std::min(part, end)) {
          const std::size_t begin = end - std::min(part, end);
          Script candidate = best_;
          candidate.steps.erase(candidate.steps.begin() + static_cast<std::ptrdiff_t>(begin),
                                candidate.steps.begin() + static_cast<std::ptrdiff_t>(end));
          any = try_instead(std::move(candidate)) || any;
        }
        any = any && part == 1;
      }
    }
  }

  // Whether anything became simpler.
  bool simplify() {
    bool any = false;
    Script plain = best_;
    plain.host = {};
    if (plain.host.shape != best_.host.shape || plain.host.keeps_logs != best_.host.keeps_logs) {
      any = try_instead(std::move(plain));
    }
    Script numbered = best_;
    const auto slots = numbered_slots();
    for (Step &step : numbered.steps) step.slot = slots.at(step.slot);
    if (script_text(numbered) != script_text(best_)) any = try_instead(std::move(numbered)) || any;
    for (std::size_t i = 0; i < best_.steps.size(); ++i) any = simplify_step(i) || any;
    return any;
  }

  // The slots from 0 on, in the order in which the script comes to them.
  std::map<unsigned, unsigned> numbered_slots() const {
    std::map<unsigned, unsigned> numbers;
    for (const Step &step : best_.steps) {
      numbers.emplace(step.slot, static_cast<unsigned>(numbers.size()));
    }
    return numbers;
  }

  template <class Value>
  bool reset(std::size_t step, Value Step::*member) {
    if (best_.steps[step].*member == Step{}.*member) return false;
    Script candidate = best_;
    candidate.steps[step].*member = Step{}.*member;
    return try_instead(std::move(candidate));
  }

  // All that is special about a step at once; most of it never matters.
  bool make_plain(std::size_t step) {
    Script candidate = best_;
    Step &plain = candidate.steps[step];
    const Step &special = best_.steps[step];
    plain = {};
    plain.call = special.call;
    plain.slot = special.slot;
    plain.model = special.model;
    if (!special.requests.empty()) plain.requests.emplace_back().prompt = "a";
    if (script_text(candidate) == script_text(best_)) return false;
    return try_instead(std::move(candidate));
  }

  bool simplify_step(std::size_t step) {
    if (make_plain(step)) return true;
    bool any = reset(step, &Step::own_thread);
    any = reset(step, &Step::waits) || any;
    any = reset(step, &Step::cancel_at) || any;
    any = reset(step, &Step::refuse_image) || any;
    any = reset(step, &Step::refuse_checkpoints) || any;
    any = reset(step, &Step::release_at_once) || any;
    any = reset(step, &Step::slow_ms) || any;
    any = reset(step, &Step::request) || any;
    any = fewer_parameters(&best_.steps[step].parameters,
                           [&](Script &script) { return &script.steps[step].parameters; }) ||
          any;
    return simplify_requests(step) || any;
  }

  bool simplify_requests(std::size_t step) {
    bool any = false;
    for (std::size_t i = best_.steps[step].requests.size(); i > 0; --i) {
      if (best_.steps[step].requests.size() == 1) break;
      Script candidate = best_;
      auto &requests = candidate.steps[step].requests;
      requests.erase(requests.begin() + static_cast<std::ptrdiff_t>(i - 1));
      any = try_instead(std::move(candidate)) || any;
    }
    for (std::size_t i = 0; i < best_.steps[step].requests.size(); ++i) {
      any = simplify_request(step, i) || any;
    }
    return any;
  }

  // The whole request as plain as can be, or what of it can be.
  bool simplify_request(std::size_t step, std::size_t index) {
    const auto change = [&](const std::function<bool(Wanted &)> &edit) {
      Script candidate = best_;
      return edit(candidate.steps[step].requests[index]) && try_instead(std::move(candidate));
    };
    bool any = change([](Wanted &wanted) { return std::exchange(wanted.times, 1u) != 1; });
    any = change([](Wanted &wanted) { return std::exchange(wanted.prompt, "a") != "a"; }) || any;
    any =
        change([](Wanted &wanted) { return std::exchange(wanted.preview_every, 0u) != 0; }) || any;
    const std::vector<std::uint64_t> one = {1};
    any = change([&](Wanted &wanted) { return std::exchange(wanted.seeds, one) != one; }) || any;
    return fewer_parameters(
               &best_.steps[step].requests[index].parameters,
               [&](Script &script) { return &script.steps[step].requests[index].parameters; }) ||
           any;
  }

  bool fewer_parameters(const Parameters *now, const std::function<Parameters *(Script &)> &of) {
    std::vector<std::string> ids;
    for (const auto &[id, value] : *now) ids.push_back(id);
    bool any = false;
    for (const std::string &id : ids) {
      Script candidate = best_;
      of(candidate)->erase(id);
      any = try_instead(std::move(candidate)) || any;
    }
    return any;
  }

  Script best_;
  const std::function<bool(const Script &)> &fails_;
};

}  // namespace

Script shrink(const Script &script, const std::function<bool(const Script &)> &fails) {
  return Shrinker(script, fails).shrink();
}

}  // namespace pictor::host::fuzz
