#include "pipelines/noise.hpp"

#include <ATen/CPUGeneratorImpl.h>

namespace pictor::diffusion {

Noise::Noise(const std::vector<uint64_t> &seeds, at::ScalarType dtype, at::Device device)
    : dtype_(dtype), device_(device) {
  for (const uint64_t seed : seeds) {
    generators_.push_back(at::make_generator<at::CPUGeneratorImpl>(seed));
  }
}

at::Tensor Noise::draw(at::IntArrayRef shape, at::ScalarType dtype) {
  std::vector<at::Tensor> samples;
  for (const at::Generator &generator : generators_) {
    samples.push_back(at::randn(shape, generator, at::TensorOptions{dtype}));
  }
  return at::stack(samples).to(device_, at::kFloat);
}

}  // namespace pictor::diffusion
