#pragma once

#include <ATen/ATen.h>

#include <array>
#include <map>
#include <mutex>
#include <string>

// Whether CUDA's headers were at hand for the libtorch that this is built with: see libtorch.cmake.
#ifndef PICTOR_CUDA_HEADERS
#define PICTOR_CUDA_HEADERS 0
#endif

namespace pictor::diffusion {

// A kernel in CUDA C++ for what libtorch needs several for. It is compiled for a GPU when it is
// first launched there, by the compiler that a libtorch for CUDA brings (NVRTC). Const members may
// be called from several threads.
class CudaKernel {
 public:
  // `source` defines the function `name`, as extern "C".
  CudaKernel(std::string name, std::string source)
      : name_(std::move(name)), source_(std::move(source)) {}

  // Whether it was, or can be compiled for `device`. Compiling takes part of a second, and a
  // capture of launches (StepGraph) does not bear it.
  bool runs_on(at::Device device) const { return function_for(device) != nullptr; }

  // Behind what the current stream of `device` was given before. The arguments are copied, and must
  // be of the types of the kernel's. Throws c10::Error. Only where it runs.
  template <class... Arguments>
  void launch(at::Device device, unsigned blocks, unsigned threads, Arguments... arguments) const {
    std::array<void *, sizeof...(Arguments)> pointers{&arguments...};
    launch_with(device, blocks, threads, pointers.data());
  }

 private:
  void *function_for(at::Device device) const;
  void launch_with(at::Device device, unsigned blocks, unsigned threads, void **arguments) const;

  std::string name_;
  std::string source_;
  mutable std::mutex mutex_;
  mutable std::map<at::DeviceIndex, void *> functions_;  // nullptr where it cannot be compiled
};

}  // namespace pictor::diffusion
