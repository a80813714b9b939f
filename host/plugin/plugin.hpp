#pragma once

#include "base/parameter.hpp"
#include "plugin/manifest.hpp"
#include "plugin/model.hpp"
#include "plugin/trust.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pictor_plugin;

namespace pictor::host {

struct PluginFunctions;

// A file called *.pictor.so in one of the folders. Nothing of it has run.
struct FoundPlugin {
  std::filesystem::path path;        // absolute, canonical
  std::optional<Manifest> manifest;  // nothing: `problem` says why
  std::string
      problem;  // one line: broken, foreign, too new, unreadable, shadowed by another of that id
};

// Job's paths, $PICTOR_PLUGIN_PATH, ~/.local/share/pictor/plugins ($XDG_DATA_HOME), the install's
// own; one level deep, in order; of two files with one id the first wins and the second is
// reported.
std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path> &first);
std::vector<FoundPlugin> discover_plugins(const std::vector<std::filesystem::path> &folders);

// How the table of a plugin's file is come by: in this process, or in one of its own.
struct TableSource {
  std::string name;  // the same file under another name is another plugin
  std::function<const pictor_plugin *(const std::filesystem::path &)> open;
};
// Chooses by the file and its manifest. Throws Error.
using ChooseSource =
    std::function<TableSource(const std::filesystem::path &file, const Manifest &manifest)>;
// dlopen in this process; refuses a plugin that wants always one of its own.
TableSource in_this_process(const std::filesystem::path &file, const Manifest &manifest);

// A loaded plugin: `init` has succeeded. Never unloaded; the same file is loaded once per process,
// and a load that failed fails again with the same error. Every function may be called from any
// thread.
class Plugin {
 public:
  // Nothing of the file runs before its manifest was read and fits. Throws Error (exit code 7): a
  // file that every user may change, not a plugin, another major, a newer host wanted, what the
  // loader said, a missing entry, a broken table (naming struct, field and value), init's own
  // reason.
  static std::shared_ptr<const Plugin> load(const std::filesystem::path &file,
                                            const ChooseSource &choose = in_this_process);
  // The same behind a table that is there already, whoever made it; `path` names it in errors and
  // for `init`. The table must live as long as the process, and its `deinit` is the caller's.
  static std::shared_ptr<const Plugin> from_table(const pictor_plugin *table,
                                                  const std::filesystem::path &path);

  const std::filesystem::path &path() const;
  std::string id() const, version() const, label() const, vendor() const, url() const;
  const std::vector<ModelInfo> &models() const;
  const std::vector<ParameterSpec> &parameters(const std::string &model_id) const;
  const ModelInfo &model(
      const std::string &model_id) const;  // "" : the first; throws Error naming those there are
  // Checked: every function is there.
  const PluginFunctions &functions() const;

  // Model counts its live instances here: `deinit` is for a plugin without any.
  void model_made() const;
  void model_gone() const;
  bool has_models() const;

  struct Impl;
  explicit Plugin(std::unique_ptr<Impl> impl);
  ~Plugin();

 private:
  std::unique_ptr<Impl> impl_;
};

// By id among the found, or by path: loads it, if it is the one that is pinned. The error for an
// unknown id lists the folders searched and the ids found.
std::shared_ptr<const Plugin> load_plugin(const std::string &id_or_path,
                                          const std::vector<FoundPlugin> &found,
                                          const std::vector<std::filesystem::path> &folders,
                                          const PluginPins &pins = {},
                                          const ChooseSource &choose = in_this_process);

// Calls `deinit` of every plugin that was loaded, but for those of which a model is left that did
// not let go of its work. The last thing that main does with plugins: every Model is gone and every
// picture's bytes were dropped. [main]
void close_plugins();

}  // namespace pictor::host
