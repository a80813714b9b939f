#pragma once

#include "batch_lane.hpp"
#include "parameters.hpp"
#include "remote/http_client.hpp"
#include "request_body.hpp"
#include <pictor/model.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace pictor::openai {

// The pictor model: any number of rows at once over one HTTP client.
class OpenAiModel : public AsyncImageGenerationModel {
 public:
  static ModelInfo info();
  static std::vector<RuntimeParameter> runtime_parameters() { return openai_parameters(); }
  explicit OpenAiModel(const Params &config);
  ~OpenAiModel() override;

  void load(Loading &loading) override;
  void unload() override;
  std::string model_name() const override { return settings_->model; }
  ModelInfo capacity(ModelInfo info) const override;
  void validate(const Request &request) const override;
  void agenerate(Request &&request) override;
  void cancel() override;

 private:
  Ask checked_ask(const Request &request) const;

  std::shared_ptr<const Settings> settings_;
  mutable std::mutex mutex_;  // cancel() and agenerate() may come at any time
  std::shared_ptr<remote::HttpClient> client_;
  std::shared_ptr<BatchLane> batch_;      // null: the realtime lane
  mutable std::set<std::string> warned_;  // doubts that were told
};

}  // namespace pictor::openai
