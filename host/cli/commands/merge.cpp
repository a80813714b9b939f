#include "run/merge.hpp"

#include "base/escape.hpp"
#include "cli/commands/all.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <string>

namespace pictor::host {
namespace {

std::string counts_text(const MergeResult &result) {
  std::string text;
  for (std::size_t i = 0; i < result.counts.size(); ++i) {
    if (result.counts[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", result.counts[i], outcome_names[i]);
  }
  return text.empty() ? "nothing drawn yet" : text;
}

Json as_json(const MergeResult &result) {
  Json document = {{"shards", result.shards.size()},
                   {"rows", result.rows},
                   {"outcomes", Json::object()},
                   {"pictures", result.pictures.string()}};
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    document["outcomes"][std::string(outcome_names[i])] = result.counts[i];
  }
  return document;
}

class MergeCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("DIR", dir_, "The output folder of a job drawn with --shard")->required();
    app.add_flag("--partial", options_.partial,
                 "Write the dataset's files of what is there; leave the shards");
    app.add_flag("--unfinished", options_.unfinished,
                 "Merge shards that have pictures left to draw too");
  }

  ExitCode run(Console &console) override {
    const MergeResult result = merge_shards(dir_, options_);
    if (console.json()) {
      console.document(as_json(result));
      return ExitCode::ok;
    }
    const std::string dir = terminal_safe(dir_);
    if (result.shards.empty()) {
      console.line(dir + ": nothing to merge: it has one ledger");
    } else {
      console.line(fmt::format("{}: {} {}, {} rows: {}", dir, result.shards.size(),
                               options_.partial ? "shards so far" : "shards merged", result.rows,
                               counts_text(result)));
    }
    console.note(fmt::format("pictures: {}", result.pictures.string()));
    return ExitCode::ok;
  }

 private:
  std::string dir_;
  MergeOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_merge() {
  return std::make_unique<MergeCommand>();
}

}  // namespace pictor::host
