#include "run/run.hpp"

#include "plugin/plugin.hpp"
#include "run/painter.hpp"

namespace pictor::host {

std::vector<RunModel> run_models(const PreparedJob &job) {
  std::vector<RunModel> models;
  for (const PreparedModel &prepared : job.models) {
    RunModel &model = models.emplace_back();
    model.name = prepared.name;
    model.plugin = prepared.plugin->id();
    model.plugin_version = prepared.plugin->version();
    model.plugin_file = prepared.plugin->path();
    model.model_id = prepared.model_id;
    model.specs = prepared.specs;
    model.load = prepared.load;
    model.request = prepared.request;
    model.pinned = prepared.pinned;
    model.concurrency = prepared.concurrency;
    model.billed = prepared.plugin->model(prepared.model_id).billed;
    model.limits = prepared.limits;
    model.retry = prepared.retry;
    model.pool = prepared.pool;
    model.stands_in = prepared.stands_in;
    model.open = [&prepared] {
      return make_plugin_painter(prepared.plugin, prepared.model_id, prepared.load);
    };
  }
  return models;
}

Summary run_job(const PreparedJob &job, const RunOptions &options, Status &status,
                const InterruptSource &interrupt) {
  return run_dataset(job.config, job.prompts, run_models(job), options, status, interrupt);
}

}  // namespace pictor::host
