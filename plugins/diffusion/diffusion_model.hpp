#pragma once

#include "pipelines/pipeline.hpp"
#include <pictor/model.hpp>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pictor::diffusion {

// The pictor model: parameters in, pictures out. One call at a time; the pictures of its requests
// that agree in their settings go through the pipeline together, up to batch_size.
class DiffusionModel : public ImageGenerationModel {
 public:
  static ModelInfo info();
  static std::vector<RuntimeParameter> runtime_parameters();
  explicit DiffusionModel(const Params &config);

  void load(Loading &loading) override;
  void unload() override;
  std::string model_name() const override;
  void validate(const Request &request) const override;
  void generate(std::span<Request> requests) override;

 private:
  // One picture of one request.
  struct Sample {
    Request *request;
    std::uint32_t index;
    TextToImageRequest::Sample drawn;
  };

  // Samples that may share batches: their settings are equal, and their images' sizes.
  struct Group {
    DrawingSettings settings;
    std::vector<LoraSource> loras;
    std::vector<Sample> samples;

    bool takes(const DrawingSettings &other, const std::vector<LoraSource> &other_loras,
               const TextToImageRequest::Sample &sample) const;
  };

  std::vector<Group> group(std::span<Request> requests) const;

  std::size_t batch_size(const DrawingSettings &settings) const;

  // The samples by the chunks that their prompts need, since those that share a batch are filled up
  // to the same count. Requests whose prompts cannot be read have failed, and their samples are
  // left out.
  std::map<std::int64_t, std::vector<Sample>> by_length(const Group &group) const;

  // The LoRAs with the weights that a request gives them.
  std::vector<LoraSource> loras_of(const Request &request) const;

  void load_refiner(Loading &loading);
  void warn_of_slow_blas() const;

  // Loads the model, with these LoRAs fused into it, unless it is there already.
  void use(const std::vector<LoraSource> &loras, LoadOptions options);
  bool use_for(const std::vector<LoraSource> &loras, const std::vector<Sample> &samples);

  void draw(const DrawingSettings &settings, std::span<const Sample> samples) const;

  std::string folder_;
  std::string refiner_folder_;  // empty: none
  LoadOptions options_;
  std::size_t batch_size_;  // 0: chosen by memory
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Pipeline> refiner_;
  std::vector<LoraSource> loaded_loras_;  // those that are fused into pipeline_
};

}  // namespace pictor::diffusion
