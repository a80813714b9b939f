#include "cli/job_argument.hpp"

#include "base/error.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace pictor::host {

void add_param_option(CLI::App &app, std::vector<std::string> &parameters,
                      const std::string &summary) {
  app.add_option("--param", parameters, summary)
      ->type_name("KEY=VALUE")
      ->take_all()
      ->allow_extra_args(false);
}

Override parse_override(const std::string &text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw Error(fmt::format("--param '{}' is not of the form KEY=VALUE", text),
                "for example --param job.seed=7; with `pictor generate` --param width=512");
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

void JobArgument::setup(CLI::App &app) {
  app.add_option("JOB", file_, "The job file (YAML)")->required();
  add_param_option(app, parameters_, "Set one key of the job, as models.NAME.key=value");
}

void JobArgument::add_max_cost(CLI::App &app) {
  app.add_option("--max-cost", max_cost_, "What the dataset may cost, all runs together")
      ->type_name("DOLLARS");
}

Config JobArgument::load() const {
  std::vector<Override> overrides;
  for (const std::string &parameter : parameters_) overrides.push_back(parse_override(parameter));
  if (!max_cost_.empty()) overrides.push_back({"job.budget.max_cost", max_cost_});
  return load_config(file_, overrides);
}

}  // namespace pictor::host
