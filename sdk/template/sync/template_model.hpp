#pragma once

#include <pictor/model.hpp>

// A complete Pictor model: draws a test picture that follows from the prompt and the seed alone.
class TemplateModel : public pictor::ImageGenerationModel {
 public:
  static pictor::ModelInfo info();
  static std::vector<pictor::RuntimeParameter> runtime_parameters();
  explicit TemplateModel(const pictor::Params &config);

  std::string model_name() const override { return "template-1"; }
  void generate(std::span<pictor::Request> requests) override;
};
