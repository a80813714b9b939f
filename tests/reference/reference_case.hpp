#pragma once

#include "weights/safetensors.hpp"

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// What diffusers computed in one call of a pipeline: CASE.json and CASE.safetensors.
namespace pictor::test {

class ReferenceCase {
 public:
  // `stem`: the path of the two files without their extensions.
  explicit ReferenceCase(const std::filesystem::path &stem);

  // The arguments of the call, or `fallback`.
  template <class T>
  T argument(const std::string &name, T fallback) const {
    return json_.at("call").value(name, fallback);
  }
  const nlohmann::json &json() const { return json_; }
  std::vector<uint64_t> seeds() const { return json_.at("seeds"); }
  std::vector<double> model_timesteps() const { return json_.at("model_timesteps"); }

  bool has(const std::string &name) const { return tensors_.entries().count(name) != 0; }
  at::Tensor tensor(const std::string &name) const;

 private:
  nlohmann::json json_;
  diffusion::SafetensorsFile tensors_;
};

// A model, and a case that was drawn with it.
struct ModelCase {
  std::filesystem::path model;
  std::filesystem::path stem;
  std::string name;
};

// All cases of the models below that begin from noise.
std::vector<ModelCase> text_to_image_cases();

// Those that begin from an image.
std::vector<ModelCase> image_cases();

std::filesystem::path tiny_sd15();
std::filesystem::path tiny_sd21();
std::filesystem::path tiny_sdxl();
std::filesystem::path tiny_sd3();
std::filesystem::path tiny_flux_dev();
std::filesystem::path tiny_flux_schnell();
std::filesystem::path emoji();

// In decibels, of two pictures in uint8.
double psnr(const at::Tensor &a, const at::Tensor &b);

// The largest difference, as a share of the largest expected value.
double relative_error(const at::Tensor &actual, const at::Tensor &expected);

// What two computations of one component in float32 may differ by.
inline constexpr double kComponentTolerance = 1e-4;

}  // namespace pictor::test
