#pragma once

#include "pipelines/pipeline.hpp"
#include <pictor/model.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace pictor::diffusion {

// What the replicas of a model have in common.
struct ReplicaSettings {
  std::string model;
  std::string refiner;         // empty: none
  LoadOptions options;         // the device is each replica's own
  std::size_t batch_size = 0;  // 0: chosen by memory
};

// One copy of a model's weights on one device, and what is drawn with it. One call at a time; the
// pictures of its requests that agree in their settings go through the pipeline together, up to
// batch_size. Throws pictor::Error.
class Replica {
 public:
  using LoadProgress = std::function<void(double fraction, const std::string &stage)>;

  explicit Replica(ReplicaSettings settings);

  void load(const std::string &device, const LoadProgress &progress,
            const std::function<bool()> &cancelled);
  void unload();
  const Pipeline *pipeline() const { return pipeline_.get(); }  // null: not loaded

  // Throws for a row that cannot be drawn, as far as that can be told at once.
  void validate(const Request &request) const;
  void generate(std::span<Request> requests);

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

  void load_refiner(const LoadProgress &progress, const std::function<bool()> &cancelled);

  // Loads the model, with these LoRAs fused into it, unless it is there already.
  void use(const std::vector<LoraSource> &loras, LoadOptions options);
  bool use_for(const std::vector<LoraSource> &loras, const std::vector<Sample> &samples);

  void draw(const DrawingSettings &settings, std::span<const Sample> samples) const;

  ReplicaSettings settings_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Pipeline> refiner_;
  std::vector<LoraSource> loaded_loras_;  // those that are fused into pipeline_
};

}  // namespace pictor::diffusion
