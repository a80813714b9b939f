#include "run/preview.hpp"

#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "plan/row_numbers.hpp"
#include "run/dataset_plan.hpp"
#include "run/job_record.hpp"
#include "run/output_folder.hpp"
#include "run/run.hpp"
#include "run/shard_job.hpp"

#include <filesystem>
#include <optional>

namespace pictor::host {

namespace {

// The ledger to resume from, if the run would.
std::optional<Ledger> recorded(const OutputConfig &output, const RunOptions &options) {
  const std::filesystem::path folder = ledger_folder(output.dir, options.shard);
  if (options.overwrite || !std::filesystem::exists(folder / ledger_file(".").filename())) {
    return std::nullopt;
  }
  Ledger ledger = Ledger::open_read_only_in(folder, journal_mode_in(folder));
  if (is_half_cleared(ledger)) return std::nullopt;
  return ledger;
}

void check_settings(const PreparedJob &job, std::span<const RunModel> models, const Json &before,
                    const Ledger *ledger, const std::optional<Shard> &shard) {
  const FolderLayout layout =
      before.contains("layout") ? layout_from_json(before["layout"]) : FolderLayout{};
  const Json after = job_record(job.config, models, layout);
  if (shard) {
    check_shared_job(job.config, job.prompts, models, *shard, after);
  } else if (ledger != nullptr) {
    refuse_changed_settings(*ledger, job.config, after, models);
  }
}

void take_all(Plan &plan, std::uint32_t model, const std::function<void(const Work &)> &visit) {
  constexpr std::uint32_t rows = 10'000;
  while (true) {
    const std::vector<Work> taken = plan.next_ready(model, rows, Plan::Time::max());
    if (taken.empty()) return;
    for (const Work &work : taken) visit(work);
  }
}

// Opens the model, so that the plugin sees its parameters.
Preview::Model open_model(const RunModel &model) {
  const std::unique_ptr<Painter> painter = model.open();
  return {model.name,
          model.plugin,
          0,
          painter->info().billed,
          price_names(model, painter->model_name()),
          model.load};
}

}  // namespace

Preview preview_job(const PreparedJob &job, const RunOptions &options, const WorkVisitor &visit) {
  check_output_folder(job.config.job.output.dir, options.shard);
  const std::vector<RunModel> models = run_models(job);
  const std::optional<Ledger> ledger = recorded(job.config.job.output, options);
  const Json before = options.shard ? shared_job(job.config.job.output.dir)
                      : ledger      ? ledger->job()
                                    : Json::object();
  check_settings(job, models, before, ledger ? &*ledger : nullptr, options.shard);
  std::vector<Preview::Model> opened;
  for (const RunModel &model : models) opened.push_back(open_model(model));

  const std::vector<RowNumber> known = ledger ? ledger->rows() : std::vector<RowNumber>();
  const auto key = [&](std::uint32_t row) { return job.prompts.key(row); };
  const auto all = [](std::uint32_t) { return true; };
  const RowNumbers numbers = options.shard
                                 ? RowNumbers::by_position(job.prompts.size(), key, all, known)
                                 : RowNumbers(job.prompts.size(), key, known);
  Plan plan =
      plan_dataset(job.prompts, numbers, models, ledger ? &*ledger : nullptr, options.shard);
  if (options.limit) plan.limit(*options.limit);
  opened.resize(plan.models());
  Preview preview{ledger.has_value() && has_ends(*ledger), plan.counts(), std::move(opened)};
  for (std::uint32_t model = 0; model < plan.models(); ++model) {
    take_all(plan, model, [&](const Work &work) {
      preview.models[model].to_draw += work.generations.size();
      if (visit) visit(preview.models, models[model], work);
    });
  }
  return preview;
}

RetryChoice preview_retry(const PreparedJob &job, const RetryWish &wish) {
  const Ledger ledger = Ledger::open_read_only(job.config.job.output.dir);
  const std::vector<RunModel> models = run_models(job);
  check_settings(job, models, ledger.job(), &ledger, {});
  const RowNumbers numbers(
      job.prompts.size(), [&](std::uint32_t row) { return job.prompts.key(row); }, ledger.rows());
  return choose_retry(wish, ledger, job.prompts, numbers, models);
}

}  // namespace pictor::host
