#pragma once

#include "fake_painter.hpp"
#include "run/dataset_run.hpp"
#include "support/temp_dir.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pictor::test {

// Collects what a run says.
class RecordingStatus : public host::Status {
 public:
  std::vector<std::string> warnings;
  host::PlanCounts at_start;
  void started(const host::RunStart &start) override { at_start = start.counts; }
  void warning(const std::string &text) override { warnings.push_back(text); }
};

// A whole run in a temporary folder: real prompts, files and ledger; only the models are fakes.
class DatasetScenario {
 public:
  explicit DatasetScenario(const std::string &prompts_jsonl) {
    host::ParameterSpec steps;
    steps.id = "num_inference_steps";
    steps.type = host::ParameterType::integer;
    steps.default_value = 20;
    host::ParameterSpec threads;
    threads.id = "threads";
    threads.type = host::ParameterType::integer;
    threads.scope = host::ParameterScope::load;
    threads.same_pixels = true;
    host::ParameterSpec key;
    key.id = "api_key";
    key.type = host::ParameterType::secret;
    key.scope = host::ParameterScope::load;

    model.name = "painter";
    model.plugin = "fake";
    model.plugin_version = "1.0";
    model.specs = {steps, threads, key};
    model.load = {{"threads", 2}, {"api_key", "FAKE_KEY"}};
    model.request = {{"num_inference_steps", 20}};
    model.retry.attempts = 1;  // no test waits for a second one
    config.models.emplace_back().name = model.name;
    config.models.back().plugin = model.plugin;
    config.job.models = {model.name};
    config.job.seed = 42;
    config.job.output.dir = dir / "out";
    write_prompts(prompts_jsonl);
  }

  void write_prompts(const std::string &jsonl) {
    config.job.prompts = dir.write("prompts.jsonl", jsonl);
  }

  host::Summary run(const host::RunOptions &options = {}) { return run_with(options, status); }
  host::Summary run_with(const host::RunOptions &options, host::Status &status_to_use) {
    model.open = [this] { return std::make_unique<FakePainter>(studio); };
    std::vector<host::RunModel> models = {model};
    if (spare) models.push_back(stand_in());
    host::RowRules rules;
    for (const host::RunModel &each : models) rules.models.emplace_back(each.name, &each.specs);
    rules.nameable = 1;
    rules.stand_ins = {{1}, {}};
    const host::Prompts prompts = host::Prompts::open(config.job, rules);
    return host::run_dataset(config, prompts, models, options, status_to_use,
                             [] { return host::InterruptLevel::none; });
  }

  std::filesystem::path out() const { return config.job.output.dir; }
  std::string file(const std::string &name) const { return read_file(out() / name); }
  bool has(const std::string &name) const { return std::filesystem::exists(out() / name); }

  // Draws what "painter" refuses.
  host::RunModel stand_in() {
    host::RunModel other = model;
    other.name = "spare";
    other.retry = {};
    other.stands_in = true;
    other.open = [this] { return std::make_unique<FakePainter>(spare_studio); };
    return other;
  }

  const TempDir dir;
  host::Config config;
  host::RunModel model;
  Studio studio, spare_studio;
  bool spare = false;
  RecordingStatus status;
};

}  // namespace pictor::test
