#include "cli/subject_options.hpp"

#include "base/error.hpp"
#include "cli/plugin_argument.hpp"

#include <fmt/core.h>

namespace pictor::host {

void SubjectOptions::add(CLI::App &app) {
  app.add_option("PLUGIN", plugin_, "A .so file, or an installed plugin's id");
  app.add_option("--param", parameters_,
                 fmt::format("A parameter to {} with; repeatable", app.get_name()))
      ->type_name("NAME=VALUE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--model", model_, "Only this model of the plugin")->type_name("ID");
  app.add_option("--timeout", timeout_, fmt::format("The longest that {} may take", unit_))
      ->type_name("SECONDS")
      ->check(CLI::Range(1.0, 86400.0).description(""));
  app.add_flag("--billed", may_bill_, "Let a model that bills draw");
  app.add_flag("--worker", in_worker_, "Run it in a worker, as isolation: worker does");
}

check::Subject SubjectOptions::subject() const {
  if (plugin_.empty()) throw Error("PLUGIN is required", "name the .so file");
  check::Subject subject;
  subject.file = plugin_file(plugin_);
  subject.model = model_;
  subject.may_bill = may_bill_;
  subject.in_worker = in_worker_;
  subject.limit = std::chrono::milliseconds(static_cast<std::int64_t>(timeout_ * 1000));
  for (const std::string &parameter : parameters_) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Error(fmt::format("--param {} is not NAME=VALUE", parameter));
    }
    subject.parameters[parameter.substr(0, equals)] = parameter.substr(equals + 1);
  }
  return subject;
}

}  // namespace pictor::host
