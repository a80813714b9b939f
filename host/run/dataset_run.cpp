#include "run/dataset_run.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "plan/row_numbers.hpp"
#include "run/bad_rows.hpp"
#include "run/dataset_files.hpp"
#include "run/dataset_plan.hpp"
#include "run/dataset_store.hpp"
#include "run/job_record.hpp"
#include "run/output_folder.hpp"
#include "run/run_note.hpp"
#include "run/runner.hpp"
#include "run/shard_job.hpp"
#include "run/sink.hpp"
#include "run/unrecorded_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>
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

// They are settled once for all of a dataset's shards.
void keep_columns(const Json &before, Json &after) {
  Sink sink = recorded_sink(after);
  if (!sink.sharded()) return;
  sink.columns = recorded_sink(before).columns;
  add_to_record(sink, after);
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
    settle_started(numbers);
    const std::optional<RetryChoice> again = reopen(numbers);
    const std::unique_ptr<PictureStore> store = make_dataset_store(store_parts(numbers));
    Plan plan = plan_dataset(prompts_, numbers, models_, &ledger_, options_.shard);
    if (again) plan.keep([&](const Sample &sample) { return again->samples.contains(sample); });
    if (options_.limit) plan.limit(*options_.limit);
    const RemovedRows removed = removed_rows(ledger_, numbers, prompts_.size());
    RunNoteKeeper note(ledger_);
    note.begun(plan.counts(), removed);
    status_.started({config_.job.output.dir, model_names(), plan.counts(), prompts_.rows_in_file(),
                     prompts_.size()});
    warn();
    if (removed.count > 0) status_.warning(text_of(removed));
    const std::int64_t spent_before = ledger_.spent_micros();
    Summary summary = draw(plan, *store, numbers, interrupt);
    summary.cost_micros = ledger_.spent_micros() - spent_before;
    note.ended(summary);
    if (options_.shard) {
      record_shard(summary.counts.open, numbers);
    } else if (ledger_.version() != ledger_.derived_version()) {
      write_dataset_files(ledger_, config_.job.output.dir,
                          dataset_facts(config_, models_, prompts_.size()),
                          [&](std::uint32_t row) { return line_of(numbers.position(row)); });
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
                                        : layout_for(prompts_, wanted_models(models_).size());
    Json after = job_record(config_, models_, layout_);
    if (options_.shard) {
      settle_shard(after);
    } else {
      refuse_changed_settings(ledger_, config_, after, models_);
      if (has_ends(ledger_)) keep_columns(before, after);
      keep_other_models(before, after);
      if (after != before) ledger_.set_job(after);
    }
    for (RunModel &model : models_) {
      if (!model.stands_in) model.number = ledger_.model_number(model.name);
    }
  }

  // What an earlier run had asked a billed model for when it died.
  void settle_started(const RowNumbers &numbers) {
    if (const std::vector<StartedSample> started = ledger_.started_samples(); !started.empty()) {
      record_unrecorded(ledger_, picture_places(store_parts(numbers)), started,
                        [&](const SampleKey &key) { return request_of(key, numbers); });
    }
    if (const std::uint64_t lost = ledger_.settle_started(); lost > 0) {
      status_.warning(fmt::format(
          "{} billed requests of an earlier run have no answer on record: they may have been paid "
          "for and are sent again only where retry.maybe_billed is redraw",
          lost));
    }
  }

  std::optional<RetryChoice> reopen(const RowNumbers &numbers) {
    if (!options_.retry) return std::nullopt;
    RetryChoice choice = choose_retry(*options_.retry, ledger_, prompts_, numbers, models_);
    for (const std::string &warning : retry_warnings(choice)) status_.warning(warning);
    if (!choice.final.empty()) ledger_.reopen(choice.final);
    return choice;
  }

  void settle_shard(const Json &record) {
    shared_job_ = settle_shared_job(config_, prompts_, models_, *options_.shard, ledger_, record);
    layout_ = layout_from_json(shared_job_["layout"]);
    // Nothing was drawn yet when the shared job could change: what else is on record is void.
    if (knows_other_rows()) ledger_.clear();
    facts_ = to_json(dataset_facts(config_, models_, prompts_.size()));
    ledger_.set_job(with_shard_state(shared_job_, {*options_.shard, std::nullopt, facts_}));
    for (const std::string &name : shared_models(shared_job_)) ledger_.model_number(name);
  }

  bool knows_other_rows() const {
    const std::vector<RowNumber> known = ledger_.rows();
    return std::any_of(known.begin(), known.end(), [&](const RowNumber &row) {
      return row.number >= prompts_.size() || prompts_.key(row.number) != row.key;
    });
  }

  // The lines of its failures are known to the shard that read them.
  void record_shard(std::uint64_t open, const RowNumbers &numbers) {
    Json lines = Json::object();
    ledger_.for_each_outcome([&](const SampleKey &key, Outcome outcome) {
      if (outcome == Outcome::ok) return;
      if (const auto line = line_of(numbers.position(key.row))) {
        lines[std::to_string(key.row)] = *line;
      }
    });
    facts_["lines"] = std::move(lines);
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
    for (const RunModel &model : wanted_models(models_)) model_numbers.push_back(model.number);
    record_bad_rows(ledger_, prompts_, numbers, model_numbers, shard);
    return numbers;
  }

  DatasetStoreParts store_parts(const RowNumbers &numbers) {
    return {config_.job.output, layout_, ledger_,
            [&](const RequestVisitor &visit) { visit_requests(numbers, visit); },
            [this](const std::string &text) { status_.warning(text); }};
  }

  void visit_requests(const RowNumbers &numbers, const RequestVisitor &visit) const {
    for (std::uint32_t row = 0; row < prompts_.size(); ++row) {
      const std::uint32_t generations = prompts_.num_generations(row);
      if (generations == 0) continue;  // a bad row
      Work work{row, 0, std::vector<std::uint32_t>(generations)};
      std::iota(work.generations.begin(), work.generations.end(), 0U);
      const auto only = prompts_.model(row);
      for (; work.model < wanted_models(models_).size(); ++work.model) {
        work.lane = work.model;
        if (!only || *only == work.model) visit(make_request(work, numbers));
      }
    }
  }

  std::optional<std::uint64_t> line_of(std::optional<std::uint32_t> position) const {
    if (!position) return std::nullopt;
    const std::vector<BadRow> &bad = prompts_.bad_rows();
    const auto found =
        std::lower_bound(bad.begin(), bad.end(), *position,
                         [](const BadRow &row, std::uint32_t index) { return row.index < index; });
    if (found != bad.end() && found->index == *position) return found->line;
    try {
      return prompts_.row(*position).line;
    } catch (const Error &) {  // the file was changed while the job ran
      return std::nullopt;
    }
  }

  Summary draw(Plan &plan, PictureStore &store, const RowNumbers &numbers,
               const InterruptSource &interrupt) {
    Runner::Parts parts{plan,     ledger_,
                        store,    status_,
                        models_,  [&](const Work &work) { return make_request(work, numbers); },
                        interrupt};
    parts.billing = std::make_shared<Billing>(price_tables(config_.job.prices), config_.job.budget,
                                              ledger_.spent_micros());
    const Summary summary = Runner(std::move(parts)).run();
    store.finish();
    return summary;
  }

  Request make_request(const Work &work, const RowNumbers &numbers) const {
    Request request;
    request.work = work;
    request.number = numbers.number(work.row);
    request.model = &models_[work.lane];
    if (work.lane != work.model) request.fallback_for = &models_[work.model];
    request.row = prompts_.row(work.row, work.lane);
    ModelRequest &asked = request.asked;
    asked.prompt = request.row.prompt;
    asked.parameters = request.model->asked_with(request.row);
    asked.trace_id =
        request.row.id.empty() ? fmt::format("row {}", request.number) : request.row.id;
    const Hash128 key = prompts_.key(work.row);
    for (const std::uint32_t generation : work.generations) {
      asked.seeds.push_back(host::sample_seed(config_.job.seed, request.row.seed, key, generation));
    }
    return request;
  }

  // The request for one sample; nothing when its row or its model left the job.
  std::optional<Request> request_of(const SampleKey &key, const RowNumbers &numbers) const {
    const std::optional<std::uint32_t> row = numbers.position(key.row);
    if (!row || prompts_.num_generations(*row) == 0) return std::nullopt;
    const std::span<const RunModel> models = wanted_models(models_);
    for (std::uint32_t model = 0; model < models.size(); ++model) {
      if (models[model].number != key.model) continue;
      Work work{*row, model, {key.generation}};
      work.lane = model;
      return make_request(work, numbers);
    }
    return std::nullopt;
  }

  std::vector<std::string> model_names() const {
    std::vector<std::string> names;
    for (const RunModel &model : wanted_models(models_)) names.push_back(model.name);
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
