#include "base/error.hpp"
#include "base/file.hpp"
#include "cli/commands/all.hpp"
#include "config/distilabel.hpp"
#include "config/source.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <string>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

class ConfigImportCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("FILE", file_, "A pipeline that distilabel's Pipeline.save wrote, YAML or JSON")
        ->required();
    app.add_option("-o,--output", output_, "Write the job to this file instead of stdout")
        ->type_name("FILE");
  }

  ExitCode run(Console &console) override {
    if (!output_.empty() && fs::exists(output_)) {
      throw Error(fmt::format("{} is there already", output_),
                  "choose another name: a job that somebody wrote is not overwritten");
    }
    const fs::path file(file_);
    const ImportedJob job =
        import_distilabel(parse_yaml(Source::read(file)), file.filename().string());
    for (const std::string &line : job.left_out) console.note("not carried over: " + line);
    if (output_.empty()) {
      console.data(job.yaml);
    } else {
      write_file(output_, job.yaml);
      console.note(fmt::format("check it with: pictor config check {}", output_));
    }
    return ExitCode::ok;
  }

 private:
  std::string file_, output_;
};

}  // namespace

std::unique_ptr<Command> make_config_import() {
  return std::make_unique<ConfigImportCommand>();
}

}  // namespace pictor::host
