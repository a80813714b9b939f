#include "run/dataset_plan.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

namespace {

// By the ledger's number: the model's place in this job, if it has one.
std::vector<std::optional<std::uint32_t>> model_positions(const Ledger &ledger,
                                                          std::span<const RunModel> models) {
  std::vector<std::optional<std::uint32_t>> positions;
  for (const std::string &name : ledger.models()) {
    const auto found = std::find_if(models.begin(), models.end(),
                                    [&](const RunModel &model) { return model.name == name; });
    positions.emplace_back();
    if (found != models.end()) {
      positions.back() = static_cast<std::uint32_t>(found - models.begin());
    }
  }
  return positions;
}

void add_rows(Plan &plan, const Prompts &prompts, const std::optional<Shard> &shard) {
  std::vector<bool> bad(prompts.size());
  for (const BadRow &row : prompts.bad_rows()) bad[row.index] = true;
  for (std::uint32_t row = 0; row < prompts.size(); ++row) {
    if (shard && !shard->draws(row)) {
      plan.add_row(0, std::nullopt);
    } else if (bad[row]) {
      plan.add_row(1, std::nullopt);
    } else {
      plan.add_row(prompts.num_generations(row), prompts.model(row));
    }
  }
}

}  // namespace

Plan plan_dataset(const Prompts &prompts, const RowNumbers &numbers,
                  std::span<const RunModel> models, const Ledger *ledger,
                  const std::optional<Shard> &shard) {
  const auto wanted = static_cast<std::uint32_t>(wanted_models(models).size());
  Plan plan(wanted, static_cast<std::uint32_t>(models.size()) - wanted);
  add_rows(plan, prompts, shard);
  for (const BadRow &row : prompts.bad_rows()) {
    for (std::uint32_t model = 0; model < models.size(); ++model) {
      plan.recorded({row.index, model, 0}, Outcome::invalid);
    }
  }
  if (ledger == nullptr) return plan;
  const std::vector<std::optional<std::uint32_t>> positions = model_positions(*ledger, models);
  ledger->for_each_outcome([&](const SampleKey &key, Outcome outcome) {
    const auto row = numbers.position(key.row);
    const auto model = key.model < positions.size() ? positions[key.model] : std::nullopt;
    const bool redrawn =
        model && outcome == Outcome::maybe_billed && models[*model].retry.redraw_maybe_billed;
    if (row && model && !redrawn) plan.recorded({*row, *model, key.generation}, outcome);
  });
  return plan;
}

}  // namespace pictor::host
