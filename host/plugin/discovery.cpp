#include "base/error.hpp"
#include "base/log.hpp"
#include "plugin/plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view plugin_suffix = ".pictor.so";

std::string environment(const char *name) {
  const char *value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Empty and relative entries are left out: code must not come from wherever the user stands.
void add_search_path(std::vector<fs::path> &folders, std::string_view path) {
  while (!path.empty()) {
    const auto end = path.find(':');
    const fs::path folder = path.substr(0, end);
    if (folder.is_absolute()) {
      folders.push_back(folder);
    } else if (!folder.empty()) {
      log(LogLevel::warning, "plugins",
          fmt::format("PICTOR_PLUGIN_PATH: '{}' is not absolute, so it is not searched",
                      folder.string()));
    }
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
}

void add_user_folder(std::vector<fs::path> &folders) {
  const fs::path data = environment("XDG_DATA_HOME");
  const fs::path home = environment("HOME");
  if (data.is_absolute()) {
    folders.push_back(data / "pictor/plugins");
  } else if (home.is_absolute()) {
    folders.push_back(home / ".local/share/pictor/plugins");
  }
}

// The build tree and an installation have the same shape.
void add_install_folder(std::vector<fs::path> &folders) {
  std::error_code failed;
  const fs::path program = fs::read_symlink("/proc/self/exe", failed);
  if (!failed) folders.push_back(program.parent_path().parent_path() / "lib/pictor/plugins");
}

std::vector<fs::path> plugin_files(const fs::path &folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().filename().string().ends_with(plugin_suffix)) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

FoundPlugin look_at(const fs::path &file) {
  FoundPlugin found{.path = file, .manifest = {}, .problem = {}};
  std::error_code failed;
  if (const fs::path path = fs::canonical(file, failed); !failed) found.path = path;
  try {
    Manifest manifest = read_manifest(found.path);
    found.problem = refusal(manifest);
    if (found.problem.empty()) found.manifest = std::move(manifest);
  } catch (const Error &error) {
    // The path leads every such message, and stands beside `problem` anyway.
    found.problem = error.what();
    const std::string lead = found.path.string() + " ";
    if (found.problem.starts_with(lead)) found.problem.erase(0, lead.size());
  }
  return found;
}

std::shared_ptr<const Plugin> load_pinned(const fs::path &file, const PluginPins &pins,
                                          const ChooseSource &choose) {
  if (!pins.empty()) require_pinned(file, read_manifest(file).id, pins);
  return Plugin::load(file, choose);
}

}  // namespace

std::vector<fs::path> plugin_folders(const std::vector<fs::path> &first) {
  std::vector<fs::path> folders = first;
  add_search_path(folders, environment("PICTOR_PLUGIN_PATH"));
  add_user_folder(folders);
  add_install_folder(folders);
  std::vector<fs::path> once;
  for (const fs::path &folder : folders) {
    std::error_code failed;
    fs::path canonical = fs::weakly_canonical(folder, failed);
    if (failed) canonical = folder;
    if (std::find(once.begin(), once.end(), canonical) == once.end()) once.push_back(canonical);
  }
  return once;
}

std::vector<FoundPlugin> discover_plugins(const std::vector<fs::path> &folders) {
  std::vector<FoundPlugin> all;
  std::map<std::string, fs::path> first_of_id;
  for (const fs::path &folder : folders) {
    for (const fs::path &file : plugin_files(folder)) {
      FoundPlugin found = look_at(file);
      if (found.manifest) {
        const auto [first, is_new] = first_of_id.emplace(found.manifest->id, found.path);
        if (!is_new && first->second == found.path) continue;
        if (!is_new) {
          found.problem = fmt::format("shadowed: {} has the id '{}' too and comes first",
                                      first->second.string(), found.manifest->id);
          found.manifest.reset();
        }
      }
      all.push_back(std::move(found));
    }
  }
  return all;
}

std::shared_ptr<const Plugin> load_plugin(const std::string &id_or_path,
                                          const std::vector<FoundPlugin> &found,
                                          const std::vector<fs::path> &folders,
                                          const PluginPins &pins, const ChooseSource &choose) {
  if (id_or_path.find('/') != std::string::npos) return load_pinned(id_or_path, pins, choose);
  std::string ids, places, problems;
  for (const FoundPlugin &candidate : found) {
    if (candidate.manifest && candidate.manifest->id == id_or_path) {
      return load_pinned(candidate.path, pins, choose);
    }
    if (candidate.manifest) {
      ids += fmt::format("{}{}", ids.empty() ? "" : ", ", candidate.manifest->id);
    } else if (candidate.path.filename() == id_or_path + std::string(plugin_suffix)) {
      problems += fmt::format("; {} {}", candidate.path.string(), candidate.problem);
    }
  }
  for (const fs::path &folder : folders) places += fmt::format("\n  {}", folder.string());
  throw Error(fmt::format("there is no plugin '{}'{}; found: {}", id_or_path, problems,
                          ids.empty() ? "none" : ids),
              fmt::format("these folders were searched for *{}:{}", plugin_suffix, places),
              ExitCode::plugin);
}

}  // namespace pictor::host
