#include "run/retry.hpp"

#include "base/error.hpp"
#include "base/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {

namespace {

// Goes over the recorded ends and keeps those that are wished.
class Choosing {
 public:
  Choosing(const RetryWish &wish, const Ledger &ledger, const Prompts &prompts,
           const RowNumbers &numbers, std::span<const RunModel> models)
      : wish_(wish), prompts_(prompts), numbers_(numbers), bad_(prompts.size()) {
    for (const BadRow &row : prompts.bad_rows()) bad_[row.index] = true;
    for (const std::string &name : ledger.models()) {
      const auto found = std::find_if(models.begin(), models.end(),
                                      [&](const RunModel &model) { return model.name == name; });
      names_.push_back(name);
      positions_.emplace_back();
      if (found != models.end()) positions_.back() = found - models.begin();
    }
  }

  void visit(const SampleKey &key, Outcome outcome) {
    if (!wish_.outcomes.contains(outcome) || key.model >= names_.size()) return;
    if (!wishes(wish_.models, names_[key.model])) return;
    const std::optional<Sample> sample = wanted_sample(key);
    if (!sample) {
      ++choice.gone;
      return;
    }
    if (bad_[sample->row]) {
      if (wish_.row_ids.empty()) ++choice.bad_rows;
      return;
    }
    if (!wish_.row_ids.empty() && !wishes_row(*sample)) return;
    if (wish_.limit && choice.samples.size() >= *wish_.limit) return;
    choice.samples.insert(*sample);
    ++choice.counts[{names_[key.model], outcome}];
    if (!drawn_again(outcome)) choice.final.push_back(key);
  }

  void check_row_ids() const {
    for (const std::string &id : wish_.row_ids) {
      if (found_ids_.contains(id)) continue;
      throw Error(fmt::format("no sample to draw again has the row id '{}'{}", id,
                              did_you_mean(id, {other_ids_.begin(), other_ids_.end()})),
                  "`pictor status` counts the outcomes; ids are the prompt file's");
    }
  }

  RetryChoice choice;

 private:
  static bool wishes(const std::vector<std::string> &names, const std::string &name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  }

  bool wishes_row(const Sample &sample) {
    const std::string id = prompts_.row(sample.row, sample.model).id;
    const bool wished = wishes(wish_.row_ids, id);
    (wished ? found_ids_ : other_ids_).insert(id);
    return wished;
  }

  // Where that sample stands in the job; nothing when the job does not want it.
  std::optional<Sample> wanted_sample(const SampleKey &key) const {
    const std::optional<std::uint32_t> row = numbers_.position(key.row);
    const std::optional<std::ptrdiff_t> model = positions_[key.model];
    if (!row || !model) return std::nullopt;
    const Sample sample{*row, static_cast<std::uint32_t>(*model), key.generation};
    if (bad_[*row]) return sample;
    const std::optional<std::uint32_t> only = prompts_.model(*row);
    if (only && *only != sample.model) return std::nullopt;
    if (sample.generation >= prompts_.num_generations(*row)) return std::nullopt;
    return sample;
  }

  const RetryWish &wish_;
  const Prompts &prompts_;
  const RowNumbers &numbers_;
  std::vector<bool> bad_;
  std::vector<std::string> names_;                        // by the ledger's number
  std::vector<std::optional<std::ptrdiff_t>> positions_;  // likewise: in the job
  std::set<std::string> found_ids_, other_ids_;
};

void check_models(const RetryWish &wish, std::span<const RunModel> models) {
  std::vector<std::string> names;
  for (const RunModel &model : models) names.push_back(model.name);
  for (const std::string &name : wish.models) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    throw Error(fmt::format("the job has no model '{}'{}", name, did_you_mean(name, names)));
  }
}

}  // namespace

std::uint64_t RetryChoice::count(Outcome outcome) const {
  std::uint64_t sum = 0;
  for (const auto &[which, number] : counts) {
    if (which.second == outcome) sum += number;
  }
  return sum;
}

RetryChoice choose_retry(const RetryWish &wish, const Ledger &ledger, const Prompts &prompts,
                         const RowNumbers &numbers, std::span<const RunModel> models) {
  check_models(wish, models);
  Choosing choosing(wish, ledger, prompts, numbers, models);
  ledger.for_each_outcome(
      [&](const SampleKey &key, Outcome outcome) { choosing.visit(key, outcome); });
  choosing.check_row_ids();
  return std::move(choosing.choice);
}

std::vector<std::string> retry_warnings(const RetryChoice &choice) {
  std::vector<std::string> lines;
  if (const std::uint64_t paid = choice.count(Outcome::maybe_billed); paid > 0) {
    lines.push_back(fmt::format(
        "may have been paid for already (maybe_billed): {}; they are paid for again", paid));
  }
  if (choice.bad_rows > 0) {
    lines.push_back(fmt::format(
        "left out, as their rows cannot be drawn: {}; mend the rows, and `pictor run` draws them",
        choice.bad_rows));
  }
  if (choice.gone > 0) {
    lines.push_back(fmt::format(
        "left out, as the job does not have their rows or models any more: {}", choice.gone));
  }
  return lines;
}

}  // namespace pictor::host
