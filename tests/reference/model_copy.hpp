#pragma once

#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace pictor::test {

// A copy of a model, tiny-sd15 by default, to spoil.
class ModelCopy {
 public:
  ModelCopy();
  explicit ModelCopy(const std::filesystem::path &model);

  std::filesystem::path path() const { return folder_.path() / "model"; }
  std::filesystem::path operator/(const std::string &name) const { return path() / name; }

  // Lays `patch` over a JSON file, as RFC 7386 says: null removes a key.
  void patch_json(const std::string &name, const nlohmann::json &patch) const;

  // Rewrites the header of a safetensors file.
  void edit_header(const std::string &name,
                   const std::function<void(std::string &header)> &edit) const;

  // Makes the first element of a float32 tensor a NaN.
  void spoil_tensor(const std::string &name, const std::string &key) const;

 private:
  TempDir folder_;
};

}  // namespace pictor::test
