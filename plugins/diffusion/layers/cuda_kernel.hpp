#pragma once

#include <ATen/ATen.h>

#include <array>
#include <map>
#include <mutex>
#include <string>
#include <utility>

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

  // Whether it was, or can be compiled for `device`. Not to be asked for the first time
  // while launches are captured (StepGraph).
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

// A kernel on values of 16 bits, float16 or bfloat16. Its source knows them as unsigned short and
// has
//   float to_float(unsigned short), unsigned short to_value(float),
//   float rounded(float), to the nearest value,
//   void load(const unsigned short *, float (&)[8]) and store(unsigned short *, const float
//   (&)[8]), of 8 values at an address that 16 divides.
class HalfKernel {
 public:
  HalfKernel(const std::string &name, const std::string &source);

  // Whether it is for the dtype, and runs on the device, of `x`.
  bool is_for(const at::Tensor &x) const;

  // Behind what the current stream of x's device was given before: see CudaKernel::launch.
  template <class... Arguments>
  void launch(const at::Tensor &x, int64_t blocks, int64_t threads, Arguments... arguments) const {
    of_dtype(x).launch(x.device(), static_cast<unsigned>(blocks), static_cast<unsigned>(threads),
                       arguments...);
  }

 private:
  const CudaKernel &of_dtype(const at::Tensor &x) const {
    return x.scalar_type() == at::kHalf ? half_ : bfloat16_;
  }

  CudaKernel half_;
  CudaKernel bfloat16_;
};

// Where a HalfKernel's load and store can take the values of `x` by rows of its last dimension.
bool has_aligned_rows(const at::Tensor &x);

// What a kernel is given of a tensor.
inline const void *values_of(const at::Tensor &x) {
  return x.defined() ? x.data_ptr() : nullptr;
}

}  // namespace pictor::diffusion
