#pragma once

#include "pipelines/device.hpp"
#include "pipelines/pipeline.hpp"
#include "weights/json_file.hpp"
#include "weights/weights.hpp"

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pictor::diffusion {

// The folder of a model in the diffusers layout while it is loaded. Opens components, and reports
// progress over all that were opened. Must outlive the Weights that it opens.
class Components {
 public:
  // Throws Error when model_index.json is missing or malformed.
  Components(std::filesystem::path folder, const LoadOptions &options, const Placement &placement);
  Components(const Components &) = delete;
  Components &operator=(const Components &) = delete;

  // The folder of a component; throws Error unless model_index.json gives it one of `classes`.
  std::filesystem::path require(const std::string &component,
                                std::initializer_list<std::string_view> classes) const;

  // Whether model_index.json has the component; [null, null] is how it says no.
  bool has(const std::string &component) const;

  // model_index.json itself, for the keys that are no components.
  const JsonFile &index() const { return index_; }

  // The weights of a component, in `stem`.safetensors or, of a model in a single file, there; with
  // the LoRAs added. Open all before the first tensor is taken, so that the progress is a share of
  // the whole.
  Weights open_weights(const std::filesystem::path &component, const std::string &stem) {
    return open_weights(component, stem, placement_.dtype);
  }
  Weights open_weights(const std::filesystem::path &component, const std::string &stem,
                       at::ScalarType dtype) {
    return open(component, stem, placement_.device, dtype);
  }

  // Those of a text encoder, which may have a device of its own.
  Weights open_text_encoder(const std::filesystem::path &component) {
    return open(component, "model", placement_.text_encoders.device,
                placement_.text_encoders.dtype);
  }

 private:
  Weights open(const std::filesystem::path &component, const std::string &stem, at::Device device,
               at::ScalarType dtype);
  std::string variant_of(const std::filesystem::path &component, const std::string &stem) const;
  void add_progress(uint64_t bytes);

  JsonFile index_;
  std::filesystem::path folder_;
  const LoadOptions &options_;
  Placement placement_;
  uint64_t total_bytes_ = 0;
  uint64_t read_bytes_ = 0;
};

// Throws Error unless a == b, sizes of two components that must agree; `what` names both.
void require_matching(int64_t a, int64_t b, const std::string &what);

}  // namespace pictor::diffusion
