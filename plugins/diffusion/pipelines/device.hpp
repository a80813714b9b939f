#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>

// Where and in what precision a model runs.
namespace pictor::diffusion {

struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};

// device: "cpu", "cuda", "cuda:N", or "auto": the first GPU if there is one. dtype: "float32",
// "bfloat16", "float16", or "auto": float32 on a CPU, whose pictures then agree with the reference
// implementation, float16 on a GPU. Throws Error naming the parameter at fault.
Placement resolve_placement(const std::string &device, const std::string &dtype);

// quantization: "none", or "int8" for the matrices of the denoiser's transformer blocks, on a CPU.
// Throws Error naming the parameter for others, and for int8 on a GPU or without kernels for it.
bool wants_int8(const std::string &quantization, const Placement &placement);

// Lets libtorch compute on so many threads, in this and all later threads of the process; 0: one
// for each CPU that the process may use.
void set_threads(int64_t threads);

// The optimised BLAS that matrix products on the CPU go through: "MKL" or the path of a library.
// Empty when there is only the reference BLAS, which is some 36 times slower.
std::string optimised_blas();

// Whether the CPU is an x86 with AVX2.
bool has_avx2();

// The kernels that OpenBLAS has taken ("Prescott"), where they are made for older CPUs than this
// one: it does not know every CPU under every hypervisor, and multiplies several times slower then.
// Empty otherwise.
std::string outdated_blas_kernels();

}  // namespace pictor::diffusion
