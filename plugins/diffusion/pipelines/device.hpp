#pragma once

#include "weights/weights.hpp"

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Where and in what precision a model runs.
namespace pictor::diffusion {

struct TextEncoderPlacement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  bool movable = false;  // to the CPU, where memory runs out
  bool moved = false;    // they are there for that reason

  at::TensorOptions options() const { return at::TensorOptions{device}.dtype(dtype); }
};

struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  TextEncoderPlacement text_encoders = {};

  at::TensorOptions options() const { return at::TensorOptions{device}.dtype(dtype); }
};

// device: "cpu", "cuda", "cuda:N", or "auto": the first GPU if there is one. dtype: "float32",
// "bfloat16", "float16", or "auto": float32 on a CPU, whose pictures then agree with the reference
// implementation, float16 on a GPU. text_encoder_device: as `device`; "same" is the model's, and
// "auto" the model's as long as its memory suffices. Throws Error naming the parameter at fault.
Placement resolve_placement(const std::string &device, const std::string &dtype,
                            const std::string &text_encoder_device = "auto");

// The devices of `count` copies of a model: the CPU for all, or as many GPUs from `device` on,
// which must be there. Throws Error naming the parameter, of which "replicas" is one.
std::vector<std::string> replica_devices(const std::string &device, size_t count);

// Text encoders of a model of `dtype` that were moved to the CPU: in float32 where it is float16,
// which libtorch does not compute there.
TextEncoderPlacement moved_to_cpu(at::ScalarType dtype);

// quantization: "none", or "int8" for the denoiser's blocks, on a CPU.
// Throws Error naming the parameter for others, and for int8 on a GPU or without kernels for it.
Rounding rounding_of(const std::string &quantization, const Placement &placement);

// Whether the device does what it is asked. A GPU that met a fault, such as an access outside its
// memory, never does so again for the process.
bool computes(at::Device device);

// Lets libtorch compute on so many threads, in this and all later threads of the process; 0: one
// for each CPU that the process may use.
void set_threads(int64_t threads);

// The optimised BLAS that matrix products on the CPU go through: "MKL" or the path of a library.
// Empty when there is only the reference BLAS, which is some 36 times slower.
std::string optimised_blas();

// The kernels that OpenBLAS has taken ("Prescott"), where they are made for older CPUs than this
// one: it does not know every CPU under every hypervisor, and multiplies several times slower then.
// Empty otherwise.
std::string outdated_blas_kernels();

}  // namespace pictor::diffusion
