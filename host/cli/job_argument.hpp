#pragma once

#include "config/config.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace pictor::host {

// The JOB and --param of a command that reads a job file.
class JobArgument {
 public:
  void setup(CLI::App &app);
  // --max-cost, short for --param job.budget.max_cost=...
  void add_max_cost(CLI::App &app);

  const std::string &file() const { return file_; }
  const std::vector<std::string> &parameters() const { return parameters_; }
  // Reads and checks the file with the overrides laid over it.
  Config load() const;

 private:
  std::string file_;
  std::vector<std::string> parameters_;
  std::string max_cost_;
};

// The --param of a command: "key=value" each, any number of times.
void add_param_option(CLI::App &app, std::vector<std::string> &parameters,
                      const std::string &summary);

// "path=value" as its two parts. Throws Error for a text without '='.
Override parse_override(const std::string &text);

}  // namespace pictor::host
