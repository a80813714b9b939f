#include "layers/cuda_kernel.hpp"

#if PICTOR_CUDA_HEADERS
#include <c10/core/DeviceGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda.h>
#include <dlfcn.h>

#include <optional>
#endif

namespace pictor::diffusion {
namespace {

constexpr const char *kValues = R"(
__device__ float to_float(unsigned short value) {
#if VALUE_IS_HALF
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value));
  return wide;
#else
  return __uint_as_float((unsigned)value << 16);
#endif
}

__device__ unsigned short to_value(float wide) {
  unsigned short value;
#if VALUE_IS_HALF
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(value) : "f"(wide));
#else
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(value) : "f"(wide));
#endif
  return value;
}

__device__ float rounded(float wide) { return to_float(to_value(wide)); }

union Eight {
  uint4 packed;
  unsigned short values[8];
};

__device__ void load(const unsigned short *from, float (&to)[8]) {
  Eight eight;
  eight.packed = *(const uint4 *)from;
  for (int i = 0; i < 8; ++i) to[i] = to_float(eight.values[i]);
}

__device__ void store(unsigned short *to, const float (&from)[8]) {
  Eight eight;
  for (int i = 0; i < 8; ++i) eight.values[i] = to_value(from[i]);
  *(uint4 *)to = eight.packed;
}
)";

std::string source_for(const char *is_half, const std::string &source) {
  return std::string{"#define VALUE_IS_HALF "} + is_half + kValues + source;
}

}  // namespace

HalfKernel::HalfKernel(const std::string &name, const std::string &source)
    : half_(name, source_for("1", source)), bfloat16_(name, source_for("0", source)) {}

bool HalfKernel::is_for(const at::Tensor &x) const {
  const bool is_known = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  return x.is_cuda() && is_known && of_dtype(x).runs_on(x.device());
}

bool has_aligned_rows(const at::Tensor &x) {
  constexpr int64_t kValuesAtOnce = 8;
  bool aligned = x.stride(-1) == 1 && x.size(-1) % kValuesAtOnce == 0 &&
                 x.storage_offset() % kValuesAtOnce == 0;
  for (int64_t i = 0; i + 1 < x.dim(); ++i) {
    aligned = aligned && (x.size(i) == 1 || x.stride(i) % kValuesAtOnce == 0);
  }
  return aligned;
}

#if PICTOR_CUDA_HEADERS

namespace {

// CUDA's driver and NVRTC, through the library of libtorch's that knows where both are. NVRTC's
// header is not among those at hand: its results are 0 for success, its programs pointers.
struct Compiler {
  Compiler()
      : library(::dlopen("libcaffe2_nvrtc.so", RTLD_NOW | RTLD_LOCAL)),
        complete(find(create, "nvrtcCreateProgram") && find(compile, "nvrtcCompileProgram") &&
                 find(get_size, "nvrtcGetCUBINSize") && find(get, "nvrtcGetCUBIN") &&
                 find(destroy, "nvrtcDestroyProgram") && find(load, "cuModuleLoadData") &&
                 find(get_function, "cuModuleGetFunction") && find(get_device, "cuCtxGetDevice") &&
                 find(get_attribute, "cuDeviceGetAttribute") && find(launch, "cuLaunchKernel")) {}

  template <class Function>
  bool find(Function *&function, const char *name) {
    function = library ? reinterpret_cast<Function *>(::dlsym(library, name)) : nullptr;
    return function != nullptr;
  }

  int (*create)(void **program, const char *source, const char *name, int, const char **,
                const char **) = nullptr;
  int (*compile)(void *program, int count, const char **options) = nullptr;
  int (*get_size)(void *program, size_t *size) = nullptr;
  int (*get)(void *program, char *code) = nullptr;
  int (*destroy)(void **program) = nullptr;
  decltype(cuModuleLoadData) *load = nullptr;
  decltype(cuModuleGetFunction) *get_function = nullptr;
  decltype(cuCtxGetDevice) *get_device = nullptr;
  decltype(cuDeviceGetAttribute) *get_attribute = nullptr;
  decltype(cuLaunchKernel) *launch = nullptr;
  void *library;
  bool complete;
};

// The libraries stay for the life of the process, as libtorch's do.
const Compiler &compiler() {
  static const Compiler found;
  return found;
}

// Of the current context's GPU: "sm_90".
std::optional<std::string> architecture() {
  CUdevice device{};
  int major = 0, minor = 0;
  const Compiler &cuda = compiler();
  const bool known = cuda.get_device(&device) == CUDA_SUCCESS &&
                     cuda.get_attribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR,
                                        device) == CUDA_SUCCESS &&
                     cuda.get_attribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR,
                                        device) == CUDA_SUCCESS;
  if (!known) return std::nullopt;
  return "sm_" + std::to_string(major) + std::to_string(minor);
}

// Machine code for the architecture; empty where the source does not compile for it.
std::string compiled(const std::string &source, const std::string &architecture) {
  const Compiler &cuda = compiler();
  void *program = nullptr;
  if (cuda.create(&program, source.c_str(), nullptr, 0, nullptr, nullptr) != 0) return {};
  const std::string target = "--gpu-architecture=" + architecture;
  std::array<const char *, 2> options{target.c_str(), "--std=c++17"};
  std::string code;
  size_t size = 0;
  const bool done = cuda.compile(program, options.size(), options.data()) == 0 &&
                    cuda.get_size(program, &size) == 0;
  if (done) code.resize(size);
  if (done && cuda.get(program, code.data()) != 0) code.clear();
  cuda.destroy(&program);
  return code;
}

CUfunction load_function(const std::string &name, const std::string &source) {
  const Compiler &cuda = compiler();
  const std::optional<std::string> target = cuda.complete ? architecture() : std::nullopt;
  const std::string code = target ? compiled(source, *target) : std::string{};
  CUmodule module{};
  CUfunction function{};
  if (code.empty() || cuda.load(&module, code.data()) != CUDA_SUCCESS) return nullptr;
  if (cuda.get_function(&function, module, name.c_str()) != CUDA_SUCCESS) return nullptr;
  return function;
}

}  // namespace

void *CudaKernel::function_for(at::Device device) const {
  if (!device.is_cuda()) return nullptr;
  const std::lock_guard lock{mutex_};
  const auto known = functions_.find(device.index());
  if (known != functions_.end()) return known->second;
  const c10::DeviceGuard guard{device};
  return functions_[device.index()] = load_function(name_, source_);
}

void CudaKernel::launch_with(at::Device device, unsigned blocks, unsigned threads,
                             void **arguments) const {
  const c10::DeviceGuard guard{device};
  const CUresult result = compiler().launch(
      static_cast<CUfunction>(function_for(device)), blocks, 1, 1, threads, 1, 1, 0,
      c10::cuda::getCurrentCUDAStream(device.index()).stream(), arguments, nullptr);
  TORCH_CHECK(result == CUDA_SUCCESS, "CUDA error ", static_cast<int>(result), " at the launch of ",
              name_);
}

#else

void *CudaKernel::function_for(at::Device) const {
  return nullptr;
}

void CudaKernel::launch_with(at::Device, unsigned, unsigned, void **) const {
  TORCH_CHECK(false, name_, " was not compiled: this build lacks CUDA's headers");
}

#endif

}  // namespace pictor::diffusion
