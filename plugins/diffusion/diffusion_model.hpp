#pragma once

#include "replica.hpp"
#include <pictor/model.hpp>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace pictor::diffusion {

// The pictor model: parameters in, pictures out. As many calls at once as it has replicas, each
// drawn by one of them.
class DiffusionModel : public ImageGenerationModel {
 public:
  static ModelInfo info();
  static std::vector<RuntimeParameter> runtime_parameters();
  explicit DiffusionModel(const Params &config);

  void load(Loading &loading) override;
  void unload() override;
  std::string model_name() const override;
  ModelInfo capacity(ModelInfo info) const override;
  void validate(const Request &request) const override;
  void generate(std::span<Request> requests) override;

 private:
  // A replica for the length of a call; waits until one is free.
  class Lent;

  void warn_of_slow_blas() const;

  ReplicaSettings settings_;
  std::string device_;
  std::vector<std::unique_ptr<Replica>> replicas_;  // at least one
  std::mutex mutex_;
  std::condition_variable came_back_;
  std::vector<Replica *> free_;
};

}  // namespace pictor::diffusion
