#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

namespace pictor::diffusion {

// The random numbers of a run: one CPU generator for each sample, so that a sample's picture does
// not depend on the samples beside it. Draws what diffusers' randn_tensor draws with a list of
// generators, dtype included: the same seed in another dtype is other noise, as it is there.
class Noise {
 public:
  Noise(const std::vector<uint64_t> &seeds, at::ScalarType dtype, at::Device device);

  at::Device device() const { return device_; }

  // The next standard normal numbers of every sample: [samples, shape...], float32, on the device.
  at::Tensor draw(at::IntArrayRef shape) { return draw(shape, dtype_); }
  at::Tensor draw(at::IntArrayRef shape, at::ScalarType dtype);

 private:
  std::vector<at::Generator> generators_;
  at::ScalarType dtype_;
  at::Device device_;
};

}  // namespace pictor::diffusion
