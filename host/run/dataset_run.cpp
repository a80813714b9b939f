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

#include <fmt/format.h>

#include <algorithm>

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

// A model that this job does not use may come back: what it drew with stays on record.
void keep_other_models(const Json &before, Json &after) {
  if (!before.contains("models")) return;
  for (const auto &[name, settings] : before["models"].items()) {
    if (!after["models"].contains(name)) after["models"][name] = settings;
  }
}

// One run of one job, step by step.
class DatasetRun {
 public:
  DatasetRun(const Config &config, const Prompts &prompts, std::vector<RunModel> models,
             Status &status)
      : config_(config),
        prompts_(prompts),
        models_(std::move(models)),
        status_(status),
        ledger_(Ledger::open(config.job.output.dir)) {}

  Summary run(const RunOptions &options, const InterruptSource &interrupt) {
    remove_temporary_files(config_.job.output.dir);
    if (options.overwrite || is_half_cleared(ledger_)) {
      clear_dataset(config_.job.output.dir, ledger_);
    }
    settle_job();
    const RowNumbers numbers = number_rows();
    Plan plan = plan_dataset(prompts_, numbers, models_, &ledger_);
    if (options.limit) plan.limit(*options.limit);
    status_.started({config_.job.output.dir, model_names(), plan.counts(), prompts_.rows_in_file(),
                     prompts_.size()});
    warn();
    const Summary summary = draw(plan, numbers, interrupt);
    if (ledger_.version() != ledger_.derived_version()) {
      write_dataset_files(ledger_, config_, models_, prompts_.size());
      ledger_.set_derived_version(ledger_.version());
    }
    status_.ended(summary);
    return summary;
  }

 private:
  // Compares the job with the one that is recorded, and records it when it may go on.
  void settle_job() {
    const Json before = ledger_.job();
    layout_ = before.contains("layout") ? layout_from_json(before["layout"])
                                        : layout_for(prompts_, models_.size());
    Json after = job_record(config_, models_, layout_);
    refuse_changed_settings(ledger_, config_, after, models_);
    keep_other_models(before, after);
    if (after != before) ledger_.set_job(after);
    for (RunModel &model : models_) model.number = ledger_.model_number(model.name);
    if (const std::uint64_t lost = ledger_.settle_started(); lost > 0) {
      status_.warning(fmt::format(
          "{} billed requests of an earlier run have no answer on record: they may have been paid "
          "for and are not sent again",
          lost));
    }
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
    RowNumbers numbers(
        prompts_.size(), [this](std::uint32_t row) { return prompts_.key(row); }, ledger_.rows());
    if (!numbers.fresh().empty()) ledger_.add_rows(numbers.fresh());
    std::vector<std::uint32_t> model_numbers;
    for (const RunModel &model : models_) model_numbers.push_back(model.number);
    record_bad_rows(ledger_, prompts_, numbers, model_numbers);
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
  Status &status_;
  Ledger ledger_;
  FolderLayout layout_;
};

}  // namespace

Summary run_dataset(const Config &config, const Prompts &prompts, std::vector<RunModel> models,
                    const RunOptions &options, Status &status, const InterruptSource &interrupt) {
  check_output_folder(config.job.output.dir);
  return DatasetRun(config, prompts, std::move(models), status).run(options, interrupt);
}

}  // namespace pictor::host
