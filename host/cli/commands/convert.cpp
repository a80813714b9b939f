#include "run/convert.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "cli/commands/all.hpp"
#include "cli/whole_number.hpp"
#include "config/byte_size.hpp"
#include "config/name_template.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <string>

namespace pictor::host {
namespace {

class ConvertCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", from_, "The output folder of a run")->required();
    app.add_option("--to", target_.layout, "The layout: imagefolder, webdataset or folder")
        ->required()
        ->check(CLI::IsMember({"imagefolder", "webdataset", "folder"}));
    app.add_option("-o,--output", to_, "The new dataset's folder")->required();
    app.add_option("--shard-size", size_, "webdataset: the size of a shard, such as 500MB")
        ->type_name("SIZE");
    app.add_option("--shard-pictures", target_.limits.pictures,
                   "webdataset: pictures in a shard, at most")
        ->type_name("N")
        ->check(whole_number(1, 1'000'000));
    app.add_option("--name", target_.name, "folder: file names, as {model}/{id}_{seed}")
        ->type_name("TEMPLATE");
    app.add_option("--sidecar", target_.sidecar, "folder: a file beside each picture: txt or json")
        ->check(CLI::IsMember({"none", "txt", "json"}));
  }

  ExitCode run(Console &console) override {
    check_options();
    const Converted converted = convert_dataset(from_, to_, target_);
    if (console.json()) {
      console.document({{"dir", std::filesystem::absolute(to_).lexically_normal().string()},
                        {"layout", target_.layout},
                        {"pictures", converted.pictures}});
    } else {
      console.line(fmt::format("{}: {} pictures as {}", terminal_safe(to_), converted.pictures,
                               target_.layout));
    }
    if (!converted.job_file) {
      console.note(fmt::format("{} has no job.yaml that can be read: the copy has none",
                               terminal_safe(from_)));
    }
    return ExitCode::ok;
  }

 private:
  void check_options() {
    const auto only = [&](bool given, const char *option, const char *layout) {
      if (!given || target_.layout == layout) return;
      throw Error(fmt::format("{} is for --to {}", option, layout));
    };
    only(!size_.empty(), "--shard-size", "webdataset");
    only(!target_.name.empty(), "--name", "folder");
    only(target_.sidecar != "none", "--sidecar", "folder");
    if (!size_.empty()) {
      const auto bytes = read_byte_size(size_);
      if (!bytes) {
        throw Error(fmt::format("--shard-size '{}' is no size", size_),
                    "write bytes or a unit: 1GB, 500MB, 1GiB");
      }
      target_.limits.bytes = *bytes;
    }
    if (target_.name.empty()) return;
    const std::string mistake = mistake_in_name_template(target_.name);
    if (!mistake.empty()) throw Error(fmt::format("--name: {}", mistake));
  }

  std::string from_, to_, size_;
  ConvertTarget target_;
};

}  // namespace

std::unique_ptr<Command> make_convert() {
  return std::make_unique<ConvertCommand>();
}

}  // namespace pictor::host
