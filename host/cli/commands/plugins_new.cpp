#include "base/error.hpp"
#include "cli/commands/all.hpp"
#include "cli/plugin_project.hpp"
#include "plugin/manifest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

// A letter comes first: the name is also a C++ identifier and a CMake target.
void require_name(const std::string &name) {
  if (is_plugin_id(name) && name.front() >= 'a' && name.front() <= 'z') return;
  throw Error(fmt::format("'{}' is no name for a plugin", name),
              "a letter, then a-z, 0-9, '.', '_' and '-', 64 characters at most");
}

class PluginsNewCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("NAME", name_, "The plugin's id: a-z, 0-9, '.', '_' and '-'")->required();
    app.add_option("--lang", language_, "What it is written in")
        ->type_name("c++|c")
        ->check(CLI::IsMember({"c++", "c"}).description(""));
    app.add_option("--kind", kind_, "sync draws while it is called, async answers later")
        ->type_name("sync|async")
        ->check(CLI::IsMember({"sync", "async"}).description(""));
    app.add_option("--dir", folder_, "Where the project goes; else a folder of that name")
        ->type_name("DIR");
  }

  ExitCode run(Console &console) override {
    require_name(name_);
    const fs::path folder = folder_.empty() ? name_ : folder_;
    const auto files = write_plugin_project(variants(), name_, folder);
    if (console.json()) {
      Json document = {{"plugin", name_}, {"folder", fs::absolute(folder).string()}};
      for (const fs::path &file : files) document["files"].push_back(file.string());
      console.document(document);
      return ExitCode::ok;
    }
    if (console.format() == Format::quiet) return ExitCode::ok;
    console.line(fmt::format("{} files in {}: README.md has the commands, from here on",
                             files.size(), folder.string()));
    console.line(fmt::format("  cd {} && cmake -G Ninja -B build{} && cmake --build build",
                             folder.string(), prefix_option()));
    return ExitCode::ok;
  }

 private:
  std::vector<std::string> variants() const {
    if (language_ != "c") return {kind_};
    return kind_ == "async" ? std::vector<std::string>{"c", "c-async"}
                            : std::vector<std::string>{"c"};
  }

  // Where this program is installed is where the SDK is, unless that is looked at anyway. A build
  // tree has no SDK to find.
  static std::string prefix_option() {
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    const fs::path prefix = program.parent_path().parent_path();
    if (failed || prefix == "/usr" || prefix == "/usr/local") return {};
    const bool installed = fs::exists(prefix / "include/pictor/abi.h", failed);
    return fmt::format(" -DCMAKE_PREFIX_PATH={}",
                       installed ? prefix.string() : "\"<where pictor is installed>\"");
  }

  std::string name_, language_ = "c++", kind_ = "sync", folder_;
};

}  // namespace

std::unique_ptr<Command> make_plugins_new() {
  return std::make_unique<PluginsNewCommand>();
}

}  // namespace pictor::host
