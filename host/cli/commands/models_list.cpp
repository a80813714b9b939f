#include "cli/commands/all.hpp"
#include "cli/hub_contents.hpp"
#include "cli/hub_settings.hpp"
#include "cli/text_layout.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace pictor::host {
namespace {

Json as_json(const CachedRepository &repository) {
  return {{"repository", repository.name},
          {"revisions", repository.revisions},
          {"bytes", repository.bytes},
          {"folder", repository.folder.string()}};
}

std::vector<std::string> as_row(const CachedRepository &repository) {
  std::string revisions;
  for (const auto &[revision, commit] : repository.revisions) {
    revisions += (revisions.empty() ? "" : ", ") + revision;
  }
  return {repository.name, revisions.empty() ? "incomplete" : revisions,
          size_text(repository.bytes), repository.folder.string()};
}

class ModelsListCommand : public Command {
 public:
  void setup(CLI::App &) override {}

  ExitCode run(Console &console) override {
    const HubSettings settings = hub_settings();
    const std::vector<CachedRepository> found = cached_repositories(settings.cache);
    if (console.json()) {
      Json list = Json::array();
      for (const CachedRepository &repository : found) list.push_back(as_json(repository));
      console.document({{"cache", settings.cache.string()}, {"repositories", list}});
    } else if (console.format() == Format::quiet) {
      for (const CachedRepository &repository : found) console.line(repository.name);
    } else if (found.empty()) {
      console.note(fmt::format("no model is in {}; `pictor models pull OWNER/NAME` brings one",
                               settings.cache.string()));
    } else {
      std::vector<std::vector<std::string>> rows = {{"REPOSITORY", "REVISIONS", "SIZE", "FOLDER"}};
      for (const CachedRepository &repository : found) rows.push_back(as_row(repository));
      console.data(table(rows));
    }
    return ExitCode::ok;
  }
};

}  // namespace

std::unique_ptr<Command> make_models_list() {
  return std::make_unique<ModelsListCommand>();
}

}  // namespace pictor::host
