#include "weights/model_source.hpp"

#include "error.hpp"
#include "weights/foreign_formats.hpp"
#include "weights/hub_cache.hpp"
#include "weights/weight_table.hpp"

#include <system_error>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr const char *kIndex = "model_index.json";

bool is_folder(const fs::path &path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

void require_index(const fs::path &folder, const std::string &parameter) {
  if (is_present(folder / kIndex)) return;
  const std::string what =
      is_folder(folder) ? ": holds no model_index.json" : ": no such file or folder";
  throw Error{ErrorKind::not_found,
              folder.string() + what + "; '" + parameter +
                  "' must be a folder in the diffusers layout, as save_pretrained writes it and "
                  "the Hugging Face Hub serves it, " +
                  (parameter == "config" ? "" : "a safetensors file of a whole model, ") +
                  "or a repository of the Hub, owner/name, that is in the cache",
              parameter};
}

// The folder that `name` is, or the snapshot of the repository that it names.
fs::path find_folder(const std::string &name, const std::string &revision,
                     const std::string &parameter) {
  fs::path folder = name;
  if (!is_present(folder) && is_repository_id(name))
    folder = cached_snapshot(name, revision, parameter);
  require_index(folder, parameter);
  return folder;
}

fs::path find_config(const SingleFile &file, const std::string &path, const std::string &config) {
  if (!config.empty()) return find_folder(config, "", "config");
  if (is_cached(file.repository())) return cached_snapshot(file.repository(), "", "config");
  throw Error{ErrorKind::invalid_argument,
              path + ": holds " + file.family() +
                  " in one file, without configurations and tokenizer; set 'config' to a folder "
                  "of such a model in the diffusers layout (its weights are not read), or fetch "
                  "those of " +
                  file.repository() + " with `pictor models pull " + file.repository() +
                  " --include '*.json' --include '*.txt'`",
              "config"};
}

}  // namespace

ModelSource find_model(const std::string &model, const std::string &config,
                       const std::string &revision, const std::string &parameter) {
  if (is_present(model) && !is_folder(model)) {
    refuse_foreign_model(model);
    auto file = std::make_shared<const SingleFile>(model);
    fs::path folder = find_config(*file, model, config);
    return {std::move(folder), std::move(file)};
  }
  if (!config.empty()) {
    throw Error{ErrorKind::invalid_argument,
                "'config' is for a model in a single file; " + model +
                    (is_folder(model) ? " is a folder" : " is no file"),
                "config"};
  }
  return {find_folder(model, revision, parameter), nullptr};
}

}  // namespace pictor::diffusion
