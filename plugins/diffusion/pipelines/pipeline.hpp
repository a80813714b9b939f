#pragma once

#include "pipelines/device.hpp"
#include "pipelines/image_input.hpp"
#include "pipelines/text_to_image.hpp"
#include "weights/lora.hpp"
#include "weights/single_file.hpp"

#include <atomic>
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
  std::string text_encoder_device = "auto";
  std::string quantization = "none";  // see rounding_of
  std::string variant;                // "fp16" for diffusion_pytorch_model.fp16.safetensors
  int64_t threads = 0;                // see set_threads
  std::string config;                 // see find_model
  std::string revision;
  std::string parameter = "model";  // the one that the model stands in, for errors
  std::vector<LoraSource> loras{};  // fused into the weights
  // 0 to 1, rising; once more from 0 where memory ran out.
  std::function<void(double fraction)> on_progress{};
  std::function<bool()> cancelled{};  // polled at each tensor

  // What load_pipeline resolved and opened for the families; nobody else sets them.
  Placement placement{};
  const SingleFile *single_file = nullptr;
  LoraSet *lora_set = nullptr;
};

// A loaded model. It never changes but for the place of its text encoders: members are const, and
// calls from several threads are safe, though they share the machine.
class Pipeline {
 public:
  virtual ~Pipeline() = default;
  Pipeline(const Pipeline &) = delete;
  Pipeline &operator=(const Pipeline &) = delete;

  // As it was loaded.
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

  // Draws all samples of the request, fewer at once where memory runs out, and at last with the
  // text encoders on the CPU, if they are movable. Throws Error, or Cancelled within one step of
  // being asked to.
  TextToImageResult generate(const TextToImageRequest &request,
                             const RunCallbacks &callbacks = {}) const;

  // Moves the text encoders to the CPU for good. Drawings that have begun are not disturbed; all
  // later ones tell RunCallbacks::on_memory_fallback. Throws Error when the CPU has no memory.
  void free_text_encoders() const;

 protected:
  explicit Pipeline(const Placement &placement)
      : placement_(placement), text_encoders_moved_(placement.text_encoders.moved) {}

  PictureSize size_of(const TextToImageRequest &request) const {
    return picture_size(request, {default_size(), size_multiple(), family().has_image_size});
  }

 private:
  // Of a request that has its guidance_scale.
  virtual int64_t count_prompt_chunks(const TextToImageRequest &) const { return 1; }
  // The request is completed() already.
  virtual TextToImageResult draw(const TextToImageRequest &request,
                                 const RunCallbacks &callbacks) const = 0;
  // While others may compute with them.
  virtual void move_text_encoders(const at::TensorOptions &options) const = 0;

  Placement placement_;
  mutable std::atomic<bool> text_encoders_moved_;
};

// Loads what find_model finds for `model`; the family is chosen by the `_class_name` of the
// model_index.json. Throws Error, or Cancelled.
std::unique_ptr<Pipeline> load_pipeline(const std::filesystem::path &model,
                                        const LoadOptions &options);

// The class names that load_pipeline knows.
std::vector<std::string> known_pipelines();

}  // namespace pictor::diffusion
