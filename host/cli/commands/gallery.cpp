#include "cli/commands/all.hpp"
#include "run/dataset_files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <string>

namespace pictor::host {
namespace {

class GalleryCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", dir_, "The output folder of a run")->required();
  }

  ExitCode run(Console &console) override {
    const std::filesystem::path page = std::filesystem::absolute(write_dataset_gallery(dir_));
    if (console.json()) {
      console.document({{"page", page.string()}});
    } else {
      console.line(page.string());
    }
    return ExitCode::ok;
  }

 private:
  std::string dir_;
};

}  // namespace

std::unique_ptr<Command> make_gallery() {
  return std::make_unique<GalleryCommand>();
}

}  // namespace pictor::host
