#pragma once

#include <pictor/model.hpp>

#include <pybind11/pybind11.h>

#include <optional>
#include <string>
#include <vector>

namespace pictor::python {

// A class of the user's, in Python, as a model. What it is given and what it returns stands in
// glue.py.
class PythonModel : public ImageGenerationModel {
 public:
  static ModelInfo info();
  static std::vector<RuntimeParameter> runtime_parameters();
  explicit PythonModel(const Params &config);
  ~PythonModel() override;

  void load(Loading &loading) override;
  void unload() override;
  std::string model_name() const override;
  void generate(std::span<Request> requests) override;

 private:
  void draw(Request &request);

  const Params config_;
  std::optional<pybind11::object> model_;  // glue.Model
};

}  // namespace pictor::python
