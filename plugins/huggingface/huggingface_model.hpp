#pragma once

#include "parameters.hpp"
#include "remote/http_client.hpp"
#include "row.hpp"
#include <pictor/model.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::huggingface {

// The pictor model: any number of rows at once over one HTTP client.
class HuggingFaceModel : public AsyncImageGenerationModel {
 public:
  static ModelInfo info();
  static std::vector<RuntimeParameter> runtime_parameters() { return huggingface_parameters(); }
  explicit HuggingFaceModel(const Params &config);
  ~HuggingFaceModel() override;

  void load(Loading &loading) override;
  void unload() override;
  std::string model_name() const override;
  void validate(const Request &request) const override;
  void agenerate(Request &&request) override;
  void cancel() override;

 private:
  Place find_place(remote::HttpClient &client, const std::optional<Key> &key,
                   Loading &loading) const;

  const Settings settings_;
  std::mutex mutex_;  // cancel() and agenerate() may come at any time
  std::shared_ptr<remote::HttpClient> client_;
  std::shared_ptr<const Session> session_;  // null: not loaded
};

}  // namespace pictor::huggingface
