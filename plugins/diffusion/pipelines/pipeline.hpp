#pragma once

#include "pipelines/device.hpp"
#include "pipelines/text_to_image.hpp"
#include "weights/lora.hpp"
#include "weights/single_file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pictor::diffusion {

struct LoadOptions {
  std::string device = "auto";  // see resolve_placement
  std::string dtype = "auto";
  std::string quantization = "none";  // see wants_int8
  std::string variant;                // "fp16" for diffusion_pytorch_model.fp16.safetensors
  int64_t threads = 0;                // see set_threads
  std::string config;                 // see find_model
  std::string revision;
  std::string parameter = "model";  // the one that the model stands in, for errors
  std::vector<LoraSource> loras{};  // fused into the weights
  std::function<void(double fraction)> on_progress{};  // 0 to 1, rising
  std::function<bool()> cancelled{};                   // polled at each tensor

  // What load_pipeline opened for Components; nobody else sets them.
  const SingleFile *single_file = nullptr;
  LoraSet *lora_set = nullptr;
};

// A loaded model. It never changes: members are const, and calls from several threads are safe,
// though they share the machine.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  const Placement &placement() const { return placement_; }

  // Width and height of a picture by default, 0 when the model does not say; both sides of any
  // picture must be multiples of size_multiple().
  virtual int64_t default_size() const = 0;
  virtual int64_t size_multiple() const = 0;

  virtual const FamilyTraits &family() const = 0;

  // Throws the Error that generate() would for a parameter, as far as that can be told at once.
  void check(const TextToImageRequest &request) const;

  // The chunks of CLIP's length that the longest text of the request needs. All samples of a
  // request are filled up to as many, so that samples which need fewer are drawn otherwise beside
  // it than alone.
  int64_t prompt_chunks(const TextToImageRequest &request) const;

  // Draws all samples of the request, fewer at once where memory runs out. Throws Error, or
  // Cancelled within one step of being asked to.
  TextToImageResult generate(const TextToImageRequest &request,
                             const RunCallbacks &callbacks = {}) const;

 protected:
  explicit Pipeline(const Placement &placement) : placement_(placement) {}

 private:
  // Of a request that has its guidance_scale.
  virtual int64_t count_prompt_chunks(const TextToImageRequest &) const { return 1; }
  // The request is completed() already.
  virtual TextToImageResult draw(const TextToImageRequest &request,
                                 const RunCallbacks &callbacks) const = 0;

  Placement placement_;
};

// Loads what find_model finds for `model`; the family is chosen by the `_class_name` of the
// model_index.json. Throws Error, or Cancelled.
std::unique_ptr<Pipeline> load_pipeline(const std::filesystem::path &model,
                                        const LoadOptions &options);

// The class names that load_pipeline knows.
std::vector<std::string> known_pipelines();

}  // namespace pictor::diffusion
