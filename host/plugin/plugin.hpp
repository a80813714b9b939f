#pragma once

#include "base/parameter.hpp"
#include "plugin/model.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pictor_plugin;

namespace pictor::host {

// What the ELF note of a file says, without running it.
struct Manifest {
  std::string id, version, label;
  int abi_major = 0, abi_minor = 0;
  int min_host_minor = 0;
};

// A file called *.pictor.so in one of the folders. Nothing of it has run.
struct FoundPlugin {
  std::filesystem::path path;        // absolute, canonical
  std::optional<Manifest> manifest;  // nothing: `problem` says why
  std::string
      problem;  // one line: broken, foreign, too new, unreadable, shadowed by another of that id
};

// Reads the note from an ELF file, every offset checked. Throws Error: not ELF, another machine, no
// note, broken note.
Manifest read_manifest(const std::filesystem::path &file);

// Job's paths, $PICTOR_PLUGIN_PATH, ~/.local/share/pictor/plugins ($XDG_DATA_HOME), the install's
// own; one level deep, in order; of two files with one id the first wins and the second is
// reported.
std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path> &first);
std::vector<FoundPlugin> discover_plugins(const std::vector<std::filesystem::path> &folders);

// A loaded plugin: `init` has succeeded. Never unloaded; the same file is loaded once per process.
class Plugin {
 public:
  // Throws Error (exit code 7): what dlopen said, a missing entry, another major, min_host too new,
  // init's own reason.
  static std::shared_ptr<const Plugin> load(const std::filesystem::path &file);

  const std::filesystem::path &path() const;
  std::string id() const, version() const, label() const, vendor() const, url() const;
  const std::vector<ModelInfo> &models() const;
  const std::vector<ParameterSpec> &parameters(const std::string &model_id) const;
  const ModelInfo &model(
      const std::string &model_id) const;  // "" : the first; throws Error naming those there are
  const pictor_plugin *table() const;

  struct Impl;
  explicit Plugin(std::unique_ptr<Impl> impl);
  ~Plugin();

 private:
  std::unique_ptr<Impl> impl_;
};

// By id among the found, or by path: loads it. The error for an unknown id lists the folders
// searched and the ids found.
std::shared_ptr<const Plugin> load_plugin(const std::string &id_or_path,
                                          const std::vector<FoundPlugin> &found,
                                          const std::vector<std::filesystem::path> &folders);

}  // namespace pictor::host
