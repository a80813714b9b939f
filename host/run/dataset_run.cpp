#include "run/dataset_run.hpp"

#include "base/file.hpp"
#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "plan/row_numbers.hpp"
#include "run/bad_rows.hpp"
#include "run/dataset_files.hpp"
#include "run/dataset_folder.hpp"
#include "run/dataset_plan.hpp"
#include "run/job_record.hpp"
#include "run/output_folder.hpp"
#include "run/runner.hpp"
#include "run/shard_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pictor::host {

namespace {

constexpr std::size_t max_bad_rows_shown = 20;

FolderLayout layout_for(const Prompts &prompts, std::size_t models) {
  std::uint64_t pictures = 0;
  std::uint32_t most = 1;
  for (std::uint32_t row = 0; row < prompts.size(); ++row) {
    const std::uint64_t generations = prompts.num_generations(row);
    pictures += generations * (prompts.model(row) ? 1 : models);
    most = std::max(most, prompts.num_generations(row));
  }
  return choose_layout(pictures, models, most);
}

Ledger open_ledger(const std::filesystem::path &output_dir, const std::optional<Shard> &shard) {
  if (!shard) return Ledger::open(output_dir);
  Ledger ledger = open_shard_ledger(output_dir, *shard);
  check_output_folder(output_dir, shard);  // a merge may have ended while the lock was waited for
  return ledger;
}

// One run of one job, step by step.
class DatasetRun {
 public:
  DatasetRun(const Config &config, const Prompts &prompts, std::vector<RunModel> models,
             const RunOptions &options, Status &status)
      : config_(config),
        prompts_(prompts),
        models_(std::move(models)),
        options_(options),
        status_(status),
        ledger_(open_ledger(config.job.output.dir, options.shard)) {}

  Summary run(const InterruptSource &interrupt) {
    if (!options_.shard) clean_folder();
    settle_job();
    const RowNumbers numbers = number_rows();
    Plan plan = plan_dataset(prompts_, numbers, models_, &ledger_, options_.shard);
    if (options_.limit) plan.limit(*options_.limit);
    status_.started({config_.job.output.dir, model_names(), plan.counts()});
    warn();
    const Summary summary = draw(plan, numbers, interrupt);
    if (options_.shard) {
      record_shard(summary.counts.open);
    } else if (ledger_.version() != ledger_.derived_version()) {
      write_dataset_files(ledger_, config_, models_, prompts_.size());
      ledger_.set_derived_version(ledger_.version());
    }
    status_.ended(summary);
    return summary;
  }

 private:
  // What other shards write to at the same time is theirs: all of this is the merge's then.
  void clean_folder() {
    remove_temporary_files(config_.job.output.dir);
    if (options_.overwrite || is_half_cleared(ledger_)) {
      clear_dataset(config_.job.output.dir, ledger_);
    }
  }

  // Compares the job with the one that is recorded, and records it when it may go on.
  void settle_job() {
    const Json before = options_.shard ? shared_job(config_.job.output.dir) : ledger_.job();
    layout_ = before.contains("layout") ? layout_from_json(before["layout"])
                                        : layout_for(prompts_, models_.size());
    Json after = job_record(config_, models_, layout_);
    if (options_.shard) {
      settle_shard(after);
    } else {
      refuse_changed_settings(ledger_, config_, after, models_);
      keep_other_models(before, after);
      if (after != before) ledger_.set_job(after);
    }
    for (RunModel &model : models_) model.number = ledger_.model_number(model.name);
    if (const std::uint64_t lost = ledger_.settle_started(); lost > 0) {
      status_.warning(fmt::format(
          "{} billed requests of an earlier run have no answer on record: they may have been paid "
          "for and are not sent again",
          lost));
    }
  }

  void settle_shard(const Json &record) {
    shared_job_ = settle_shared_job(config_, prompts_, models_, *options_.shard, ledger_, record);
    layout_ = layout_from_json(shared_job_["layout"]);
    // Nothing was drawn yet when the shared job could change: what else is on record is void.
    if (knows_other_rows()) ledger_.clear();
    record_shard(std::nullopt);
    for (const std::string &name : shared_models(shared_job_)) ledger_.model_number(name);
  }

  bool knows_other_rows() const {
    const std::vector<RowNumber> known = ledger_.rows();
    return std::any_of(known.begin(), known.end(), [&](const RowNumber &row) {
      return row.number >= prompts_.size() || prompts_.key(row.number) != row.key;
    });
  }

  void record_shard(std::optional<std::uint64_t> open) {
    if (facts_.empty()) facts_ = to_json(dataset_facts(config_, models_, prompts_.size()));
    ledger_.set_job(with_shard_state(shared_job_, {*options_.shard, open, facts_}));
  }

  void warn() {
    for (const std::string &warning : prompts_.warnings()) status_.warning(warning);
    const std::vector<BadRow> &bad = prompts_.bad_rows();
    for (std::size_t i = 0; i < bad.size() && i < max_bad_rows_shown; ++i) {
      status_.warning(fmt::format("{}: {}", prompts_.at(bad[i].line), bad[i].message));
    }
    if (bad.size() > max_bad_rows_shown) {
      status_.warning(fmt::format("{} more rows cannot be drawn", bad.size() - max_bad_rows_shown));
    }
  }

  RowNumbers number_rows() {
    const auto key = [this](std::uint32_t row) { return prompts_.key(row); };
    const std::optional<Shard> &shard = options_.shard;
    const RowNumbers numbers =
        shard ? RowNumbers::by_position(
                    prompts_.size(), key, [&](std::uint32_t row) { return shard->draws(row); },
                    ledger_.rows())
              : RowNumbers(prompts_.size(), key, ledger_.rows());
    if (!numbers.fresh().empty()) ledger_.add_rows(numbers.fresh());
    std::vector<std::uint32_t> model_numbers;
    for (const RunModel &model : models_) model_numbers.push_back(model.number);
    record_bad_rows(ledger_, prompts_, numbers, model_numbers, shard);
    return numbers;
  }

  Summary draw(Plan &plan, const RowNumbers &numbers, const InterruptSource &interrupt) {
    const OutputConfig &output = config_.job.output;
    DatasetFolder store(output.dir / output.split, FileNames(layout_, ledger_.models()),
                        {output.format, output.quality}, program_version());
    Runner runner({plan, ledger_, store, status_, models_,
                   [&](const Work &work) { return make_request(work, numbers); }, interrupt});
    return runner.run();
  }

  Request make_request(const Work &work, const RowNumbers &numbers) const {
    Request request;
    request.work = work;
    request.number = numbers.number(work.row);
    request.model = &models_[work.model];
    request.row = prompts_.row(work.row, work.model);
    ModelRequest &asked = request.asked;
    asked.prompt = request.row.prompt;
    asked.parameters = request.model->request;
    for (const auto &[id, value] : request.row.parameters) {
      if (!request.model->pinned.contains(id)) asked.parameters[id] = value;
    }
    asked.trace_id =
        request.row.id.empty() ? fmt::format("row {}", request.number) : request.row.id;
    const Hash128 key = prompts_.key(work.row);
    for (const std::uint32_t generation : work.generations) {
      asked.seeds.push_back(host::sample_seed(config_.job.seed, request.row.seed, key, generation));
    }
    return request;
  }

  std::vector<std::string> model_names() const {
    std::vector<std::string> names;
    for (const RunModel &model : models_) names.push_back(model.name);
    return names;
  }

  const Config &config_;
  const Prompts &prompts_;
  std::vector<RunModel> models_;
  const RunOptions &options_;
  Status &status_;
  Ledger ledger_;
  FolderLayout layout_;
  Json shared_job_, facts_;  // of a shard
};

}  // namespace

Summary run_dataset(const Config &config, const Prompts &prompts, std::vector<RunModel> models,
                    const RunOptions &options, Status &status, const InterruptSource &interrupt) {
  check_output_folder(config.job.output.dir, options.shard);
  return DatasetRun(config, prompts, std::move(models), options, status).run(interrupt);
}

}  // namespace pictor::host
