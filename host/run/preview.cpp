#include "run/preview.hpp"

#include "ledger/ledger.hpp"
#include "output/imagefolder.hpp"
#include "plan/row_numbers.hpp"
#include "run/dataset_plan.hpp"
#include "run/job_record.hpp"
#include "run/output_folder.hpp"
#include "run/run.hpp"

#include <filesystem>
#include <optional>

namespace pictor::host {

namespace {

// The ledger to resume from, if the run would.
std::optional<Ledger> recorded(const OutputConfig &output, const RunOptions &options) {
  if (options.overwrite || !std::filesystem::exists(ledger_file(output.dir))) return std::nullopt;
  Ledger ledger = Ledger::open_read_only(output.dir);
  if (is_half_cleared(ledger)) return std::nullopt;
  return ledger;
}

void check_settings(const PreparedJob &job, std::span<const RunModel> models,
                    const Ledger &ledger) {
  const Json before = ledger.job();
  const FolderLayout layout =
      before.contains("layout") ? layout_from_json(before["layout"]) : FolderLayout{};
  refuse_changed_settings(ledger, job.config, job_record(job.config, models, layout), models);
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
  return {model.name, model.plugin, 0, painter->info().billed,
          price_names(model, painter->model_name())};
}

}  // namespace

Preview preview_job(const PreparedJob &job, const RunOptions &options, const WorkVisitor &visit) {
  check_output_folder(job.config.job.output.dir);
  const std::vector<RunModel> models = run_models(job);
  const std::optional<Ledger> ledger = recorded(job.config.job.output, options);
  if (ledger) check_settings(job, models, *ledger);
  std::vector<Preview::Model> opened;
  for (const RunModel &model : models) opened.push_back(open_model(model));

  const RowNumbers numbers(
      job.prompts.size(), [&](std::uint32_t row) { return job.prompts.key(row); },
      ledger ? ledger->rows() : std::vector<RowNumber>());
  Plan plan = plan_dataset(job.prompts, numbers, models, ledger ? &*ledger : nullptr);
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

}  // namespace pictor::host
