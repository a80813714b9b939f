#include "plan/plan.hpp"

namespace pictor::host {

Plan::Plan(std::uint32_t models, std::uint32_t stand_ins)
    : models_(models), lanes_(models + stand_ins) {}

Plan::State &Plan::state(const Sample &sample) {
  return lanes_[sample.model].states[first_[sample.row] + sample.generation];
}

void Plan::add_row(std::uint32_t generations, std::optional<std::uint32_t> model) {
  first_.push_back(first_.back() + generations);
  for (std::uint32_t m = 0; m < models(); ++m) {
    const bool wanted = !model || *model == m;
    lanes_[m].states.resize(first_.back(), wanted ? ready : unwanted);
    if (!wanted) continue;
    lanes_[m].ready += generations;
    counts_.wanted += generations;
    counts_.open += generations;
  }
}

void Plan::recorded(const Sample &sample, Outcome outcome) {
  if (sample.row >= rows() || sample.model >= models() || drawn_again(outcome)) return;
  if (sample.generation >= first_[sample.row + 1] - first_[sample.row]) return;
  State &stands = state(sample);
  if (stands != ready) return;
  stands = ended;
  --lanes_[sample.model].ready;
  --counts_.open;
  ++counts_.outcomes[static_cast<std::size_t>(outcome)];
}

void Plan::keep(const std::function<bool(const Sample &)> &wanted) {
  for (std::uint32_t row = 0; row < rows(); ++row) {
    for (std::uint32_t model = 0; model < models_; ++model) {
      Lane &lane = lanes_[model];
      for (std::uint64_t slot = first_[row]; slot < first_[row + 1]; ++slot) {
        const auto generation = static_cast<std::uint32_t>(slot - first_[row]);
        if (lane.states[slot] != ready || wanted({row, model, generation})) continue;
        lane.states[slot] = withheld;
        ++counts_.beyond_limit;
        --lane.ready;
      }
    }
  }
}

void Plan::limit(std::uint64_t pictures) {
  keep([&pictures](const Sample &) { return pictures > 0 && pictures-- > 0; });
}

std::vector<Work> Plan::next_ready(std::uint32_t model, std::uint32_t max_rows, Time now) {
  std::vector<Work> taken;
  Lane &lane = lanes_[model];
  if (lane.stopped) return taken;
  take_waiting(model, max_rows, now, taken);
  take_rows(model, max_rows, taken);
  return taken;
}

void Plan::take_waiting(std::uint32_t model, std::uint32_t max_rows, Time now,
                        std::vector<Work> &taken) {
  Lane &lane = lanes_[model];
  while (!lane.waiting.empty() && lane.waiting.top().not_before <= now) {
    const Sample sample = lane.waiting.top().sample;
    const bool same_row =
        !taken.empty() && taken.back().row == sample.row && taken.back().model == sample.model;
    if (!same_row) {
      if (taken.size() == max_rows) return;
      taken.push_back({sample.row, sample.model, {}, model});
    }
    lane.waiting.pop();
    taken.back().generations.push_back(sample.generation);
    state(sample) = running;
    --counts_.open;
    ++counts_.running;
  }
}

void Plan::take_rows(std::uint32_t model, std::uint32_t max_rows, std::vector<Work> &taken) {
  Lane &lane = lanes_[model];
  for (; taken.size() < max_rows && lane.ready > 0; ++lane.cursor) {
    Work work{lane.cursor, model, {}, model};
    for (std::uint64_t slot = first_[work.row]; slot < first_[work.row + 1]; ++slot) {
      if (lane.states[slot] != ready) continue;
      lane.states[slot] = running;
      work.generations.push_back(static_cast<std::uint32_t>(slot - first_[work.row]));
    }
    if (work.generations.empty()) continue;
    lane.ready -= work.generations.size();
    counts_.open -= work.generations.size();
    counts_.running += work.generations.size();
    taken.push_back(std::move(work));
  }
}

void Plan::finished(const Sample &sample, Outcome outcome) {
  state(sample) = ended;
  --counts_.running;
  ++counts_.outcomes[static_cast<std::size_t>(outcome)];
}

void Plan::put_back(const Sample &sample, Time not_before) {
  put_back(sample, not_before, sample.model);
}

void Plan::put_back(const Sample &sample, Time not_before, std::uint32_t lane) {
  state(sample) = waiting;
  --counts_.running;
  ++counts_.open;
  lanes_[lane].waiting.push({not_before, sample});
}

void Plan::stop_model(std::uint32_t model) {
  lanes_[model].stopped = true;
}

bool Plan::has_work(std::uint32_t model) const {
  const Lane &lane = lanes_[model];
  return !lane.stopped && (lane.ready > 0 || !lane.waiting.empty());
}

bool Plan::has_ready(std::uint32_t model) const {
  return !lanes_[model].stopped && lanes_[model].ready > 0;
}

std::optional<Plan::Time> Plan::next_time(std::uint32_t model) const {
  const Lane &lane = lanes_[model];
  if (lane.stopped || lane.waiting.empty()) return std::nullopt;
  return lane.waiting.top().not_before;
}

}  // namespace pictor::host
