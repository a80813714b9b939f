#include "plugin/plugin.hpp"
#include "run/run.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

// A job for one of the plugins that the tests build.
Summary run_with_plugin(const TempDir &dir, const std::string &id, std::uint32_t concurrency) {
  const auto plugin = Plugin::load(std::filesystem::path(PICTOR_FIXTURES) / (id + ".pictor.so"));
  const ModelInfo &model = plugin->model("");

  Config config;
  config.job.output.dir = dir / id;
  config.job.prompts = dir.write("prompts.txt", "fox\ndog\ncat\nowl\nelk\n");
  PreparedModel prepared;
  prepared.name = "painter";
  prepared.plugin = plugin;
  prepared.model_id = model.id;
  prepared.specs = plugin->parameters(model.id);
  prepared.concurrency = concurrency;
  for (const ParameterSpec &spec : prepared.specs) {
    if (!spec.default_value) continue;
    Parameters &values = spec.scope == ParameterScope::load ? prepared.load : prepared.request;
    values[spec.id] = *spec.default_value;
  }
  RowRules rules;
  rules.models = {{prepared.name, &prepared.specs}};
  const PreparedJob job{config, {prepared}, Prompts::open(config.job, rules)};
  Status silent;
  return run_job(job, {}, silent, [] { return InterruptLevel::none; });
}

}  // namespace

TEST_CASE("a real plugin draws a dataset") {
  const TempDir dir;
  const Summary summary = run_with_plugin(dir, "minimal", 1);
  CHECK(summary.made == 5);
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(std::filesystem::exists(dir / "minimal/train/000004_0.png"));
  CHECK_THAT(read_file(dir / "minimal/job.yaml"), ContainsSubstring("# painter: plugin minimal"));
}

TEST_CASE("an asynchronous plugin that answers out of order draws a dataset") {
  const TempDir dir;
  const Summary summary = run_with_plugin(dir, "async", 3);
  CHECK(summary.made == 5);
  CHECK(summary.exit_code() == ExitCode::ok);
}

TEST_CASE("pictures of a plugin that forgets to end its requests are kept") {
  const TempDir dir;
  const Summary summary = run_with_plugin(dir, "no-terminal", 1);
  CHECK(summary.made == 5);
}
