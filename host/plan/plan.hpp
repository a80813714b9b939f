#pragma once

#include "base/outcome.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <vector>

namespace pictor::host {

// One picture of a plan, by position: the row in the prompt file, the model in the job.
struct Sample {
  std::uint32_t row = 0;
  std::uint32_t model = 0;
  std::uint32_t generation = 0;
  auto operator<=>(const Sample &) const = default;
};

// A row for a model, with the pictures of it that are missing.
struct Work {
  std::uint32_t row = 0;
  std::uint32_t model = 0;                 // the one that is wanted
  std::vector<std::uint32_t> generations;  // ascending, at least one
  std::uint32_t lane = 0;                  // the model that draws them, `model` or its fallback
};

// Where every wanted picture stands. Their sum is `wanted`.
struct PlanCounts {
  std::uint64_t wanted = 0;
  std::uint64_t open = 0;  // not begun: ready, put back, beyond the limit, or their model stopped
  std::uint64_t beyond_limit = 0;  // of those open
  std::uint64_t running = 0;
  std::array<std::uint64_t, outcome_names.size()> outcomes{};

  std::uint64_t operator[](Outcome outcome) const {
    return outcomes[static_cast<std::size_t>(outcome)];
  }
  std::uint64_t ended() const { return wanted - open - running; }
};

// What is wanted, what is running, what is done: bookkeeping only, without threads or files. A byte
// per picture and model. Filled first, in the order add_row, recorded, keep, limit; then worked
// off.
class Plan {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `stand_ins`: models after the others that no row asks for, and that draw what is sent to them.
  explicit Plan(std::uint32_t models, std::uint32_t stand_ins = 0);

  // The next row of the prompt file, for one model or for all.
  void add_row(std::uint32_t generations, std::optional<std::uint32_t> model);
  // How a sample ended in an earlier run. One that is drawn again stays open; one that the plan
  // does not want, because the row or the number of pictures changed, is ignored.
  void recorded(const Sample &sample, Outcome outcome);
  // Only those of the pictures that are not drawn yet; the others stay open.
  void keep(const std::function<bool(const Sample &)> &wanted);
  // At most so many pictures, the first by row, then model, then generation; the others stay open.
  void limit(std::uint64_t pictures);

  // Takes up to `max_rows` rows of a model, in the order of the prompt file; those put back whose
  // time has come go first. Their pictures run until `finished` or `put_back`. Empty: nothing now.
  std::vector<Work> next_ready(std::uint32_t model, std::uint32_t max_rows, Time now);
  void finished(const Sample &sample, Outcome outcome);
  // Not drawn after all, or to be tried again at that time: by its model, or by the one of `lane`.
  void put_back(const Sample &sample, Time not_before = Time::min());
  void put_back(const Sample &sample, Time not_before, std::uint32_t lane);
  // No more work for that model; what is running goes on, and what waits for it stays open.
  void stop_model(std::uint32_t model);

  // Whether next_ready will, now or later, have work for the model.
  bool has_work(std::uint32_t model) const;
  // Whether it would have some at any time.
  bool has_ready(std::uint32_t model) const;
  // When the first picture that was put back may be tried; nothing when none waits.
  std::optional<Time> next_time(std::uint32_t model) const;
  std::uint32_t rows() const { return static_cast<std::uint32_t>(first_.size() - 1); }
  std::uint32_t models() const { return models_; }
  std::uint32_t lanes() const { return static_cast<std::uint32_t>(lanes_.size()); }
  const PlanCounts &counts() const { return counts_; }

 private:
  enum State : std::uint8_t { unwanted, ready, waiting, withheld, running, ended };

  struct PutBack {
    Time not_before;
    Sample sample;
    bool operator>(const PutBack &other) const {
      return not_before != other.not_before ? not_before > other.not_before : sample > other.sample;
    }
  };
  struct Lane {
    std::vector<State> states;  // by slot
    std::uint64_t ready = 0;
    std::uint32_t cursor = 0;  // no row before it is ready
    std::priority_queue<PutBack, std::vector<PutBack>, std::greater<>> waiting;
    bool stopped = false;
  };

  State &state(const Sample &sample);
  void take_waiting(std::uint32_t model, std::uint32_t max_rows, Time now,
                    std::vector<Work> &taken);
  void take_rows(std::uint32_t model, std::uint32_t max_rows, std::vector<Work> &taken);

  std::vector<std::uint64_t> first_{0};  // a row's first slot; one more than there are rows
  std::uint32_t models_;
  std::vector<Lane> lanes_;  // of the models, then of the stand-ins
  PlanCounts counts_;
};

}  // namespace pictor::host
