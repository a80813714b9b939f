#pragma once

#include <pictor/model.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

// A complete Pictor model that answers later: requests wait in a queue, and a thread of its own
// draws them. A model that waits for a provider has the same shape.
class TemplateModel : public pictor::AsyncImageGenerationModel {
 public:
  static pictor::ModelInfo info();
  static std::vector<pictor::RuntimeParameter> runtime_parameters();
  explicit TemplateModel(const pictor::Params &config);
  ~TemplateModel() override;

  std::string model_name() const override { return "template-1"; }
  void load(pictor::Loading &loading) override;
  void unload() override;
  void agenerate(pictor::Request &&request) override;

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<pictor::Request> queue_;
  bool ending_ = false;
  std::thread thread_;
};
