#include "base/error.hpp"
#include "cli/commands/all.hpp"
#include "cli/hub_download.hpp"
#include "cli/progress_line.hpp"
#include "cli/text_layout.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <string>
#include <vector>

namespace pictor::host {
namespace {

class ModelsPullCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("REPO", repository_, "A repository of the Hugging Face Hub: OWNER/NAME")
        ->required();
    app.add_option("--revision", revision_, "A branch, a tag or a commit (default main)")
        ->type_name("NAME");
    app.add_option("--variant", choice_.variant,
                   "Which weights, where there are several: fp16, for example")
        ->type_name("NAME");
    app.add_option("--include", choice_.include,
                   "Only files that fit, as 'unet/*' (default: what drawing needs)")
        ->type_name("GLOB")
        ->take_all()
        ->allow_extra_args(false);
  }

  ExitCode run(Console &console) override {
    check_names();
    const HubSettings settings = hub_settings();
    if (settings.offline) {
      throw Error("HF_HUB_OFFLINE is set, so nothing is fetched", "unset it for this command");
    }
    HubClient client(settings);
    const HubRepository repository = read_hub_repository(client.json(
        fmt::format("/api/models/{}/revision/{}?blobs=true", repository_, revision_path())));
    const std::vector<HubFile> files = choose_hub_files(repository, choice_);
    HubDownload download(settings, client, repository_);
    fetch_all(console, download, files, repository.commit);
    download.set_revision(revision_, repository.commit);
    report(console, download.snapshot(repository.commit).string(), repository.commit);
    return ExitCode::ok;
  }

 private:
  void check_names() const {
    if (!is_hub_repository(repository_)) {
      throw Error(fmt::format("'{}' is no repository of the Hub", repository_),
                  "write OWNER/NAME, as in its address");
    }
    if (!is_hub_revision(revision_)) {
      throw Error(fmt::format("--revision '{}' is no branch, tag or commit", revision_));
    }
  }

  // The slashes of a revision such as refs/pr/1 are no separators of the address.
  std::string revision_path() const {
    std::string path;
    for (const char c : revision_) path += c == '/' ? "%2F" : std::string(1, c);
    return path;
  }

  void fetch_all(Console &console, HubDownload &download, const std::vector<HubFile> &files,
                 const std::string &commit) {
    std::uint64_t total = 0, there = 0;
    for (const HubFile &file : files) total += file.size;
    files_ = files.size();
    bytes_ = total;
    ProgressLine line(console);
    for (const HubFile &file : files) {
      const bool had = download.has(file);
      download.fetch(file, commit, [&](std::uint64_t bytes) {
        line.show(
            fmt::format("{} of {}  {}", size_text(there + bytes), size_text(total), file.path));
      });
      there += file.size;
      if (had) continue;
      line.clear();
      console.note(fmt::format("{}  {}", file.path, size_text(file.size)));
    }
  }

  void report(Console &console, const std::string &folder, const std::string &commit) const {
    if (console.json()) {
      console.document({{"repository", repository_},
                        {"revision", revision_},
                        {"commit", commit},
                        {"files", files_},
                        {"bytes", bytes_},
                        {"folder", folder}});
    } else {
      console.line(folder);
      console.note(fmt::format("{} files, {}; write it in a job as model: {}", files_,
                               size_text(bytes_), repository_));
    }
  }

  std::string repository_, revision_ = "main";
  HubFileChoice choice_;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Command> make_models_pull() {
  return std::make_unique<ModelsPullCommand>();
}

}  // namespace pictor::host
