#include "pipelines/device.hpp"

#include "error.hpp"
#include "layers/cpu_features.hpp"
#include "layers/int8_product.hpp"

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <link.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>

namespace pictor::diffusion {
namespace {

int64_t gpu_count() {
  if (!c10::impl::hasDeviceGuardImpl(at::kCUDA)) return 0;
  return c10::impl::VirtualGuardImpl{at::kCUDA}.deviceCount();
}

int64_t to_gpu_index(std::string_view device) {
  constexpr std::string_view kPrefix = "cuda:";
  if (device == "cuda") return 0;
  int64_t index = -1;
  if (device.substr(0, kPrefix.size()) == kPrefix) {
    device.remove_prefix(kPrefix.size());
    const auto [end, error] = std::from_chars(device.begin(), device.end(), index);
    if (error != std::errc{} || end != device.end()) index = -1;
  }
  return index;
}

at::Device resolve_device(const std::string &device, const std::string &parameter) {
  const int64_t count = gpu_count();
  if (device == "cpu" || (device == "auto" && count == 0)) return at::kCPU;
  const int64_t index = device == "auto" ? 0 : to_gpu_index(device);
  if (index < 0) {
    throw Error{ErrorKind::invalid_argument,
                parameter + " '" + device + "' is none of auto, cpu, cuda and cuda:N", parameter};
  }
  if (index >= count) {
    const std::string found = count == 0 ? "libtorch sees no CUDA GPU here"
                                         : "libtorch sees GPUs 0 to " + std::to_string(count - 1);
    throw Error{ErrorKind::not_found,
                parameter + " '" + device + "': " + found + "; set it to cpu or auto", parameter};
  }
  return at::Device{at::kCUDA, static_cast<at::DeviceIndex>(index)};
}

at::ScalarType resolve_dtype(const std::string &dtype, at::Device device) {
  if (dtype == "auto") return device.is_cuda() ? at::kHalf : at::kFloat;
  if (dtype == "float32") return at::kFloat;
  if (dtype == "bfloat16") return at::kBFloat16;
  if (dtype != "float16") {
    throw Error{ErrorKind::invalid_argument,
                "dtype '" + dtype + "' is none of auto, float32, bfloat16 and float16", "dtype"};
  }
  if (device.is_cpu()) {
    throw Error{ErrorKind::unsupported,
                "dtype 'float16' needs a GPU: libtorch lacks its convolutions on a CPU; set "
                "'dtype' to bfloat16 or float32",
                "dtype"};
  }
  return at::kHalf;
}

// dl_iterate_phdr's callback: stores the first loaded library that is an optimised BLAS. The path
// is resolved, since Debian's alternatives make libblas.so.3 a link to one of several.
int find_blas(dl_phdr_info *library, size_t, void *result) {
  constexpr std::array<std::string_view, 5> kNames{"openblas", "mkl", "blis", "atlas", "armpl"};
  std::error_code error;
  const std::string path = std::filesystem::canonical(library->dlpi_name, error).string();
  const bool matches = std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return path.find(name) != std::string::npos;
  });
  if (error || !matches) return 0;
  *static_cast<std::string *>(result) = path;
  return 1;
}

}  // namespace

std::vector<std::string> replica_devices(const std::string &device, size_t count) {
  const at::Device first = resolve_device(device, "device");
  if (first.is_cpu()) return std::vector<std::string>(count, "cpu");
  const int64_t found = gpu_count() - first.index();
  if (static_cast<int64_t>(count) > found) {
    throw Error{ErrorKind::not_found,
                "replicas = " + std::to_string(count) + ", but from device '" + device +
                    "' on libtorch sees " + std::to_string(found) + " GPUs; set it to as many",
                "replicas"};
  }
  std::vector<std::string> devices;
  for (size_t i = 0; i < count; ++i) {
    devices.push_back("cuda:" + std::to_string(static_cast<size_t>(first.index()) + i));
  }
  return devices;
}

bool computes(at::Device device) {
  if (device.is_cpu()) return true;
  try {
    return at::ones({1}, at::TensorOptions{device}).item<float>() == 1;
  } catch (const c10::Error &) {
    return false;
  }
}

TextEncoderPlacement moved_to_cpu(at::ScalarType dtype) {
  return {at::kCPU, dtype == at::kHalf ? at::kFloat : dtype, /*movable=*/false, /*moved=*/true};
}

Placement resolve_placement(const std::string &device, const std::string &dtype,
                            const std::string &text_encoder_device) {
  Placement placement;
  placement.device = resolve_device(device, "device");
  placement.dtype = resolve_dtype(dtype, placement.device);
  TextEncoderPlacement &text = placement.text_encoders;
  if (text_encoder_device == "auto" || text_encoder_device == "same") {
    text = {placement.device, placement.dtype};
    text.movable = text_encoder_device == "auto" && !placement.device.is_cpu();
  } else {
    text.device = resolve_device(text_encoder_device, "text_encoder_device");
    text.dtype = text.device.is_cpu() ? moved_to_cpu(placement.dtype).dtype : placement.dtype;
  }
  return placement;
}

Rounding rounding_of(const std::string &quantization, const Placement &placement) {
  if (quantization == "none") return Rounding::none;
  if (quantization != "int8") {
    throw Error{ErrorKind::invalid_argument,
                "quantization '" + quantization + "' is neither none nor int8", "quantization"};
  }
  if (!placement.device.is_cpu()) {
    throw Error{ErrorKind::unsupported,
                "quantization 'int8' is built for CPUs alone; leave it out on a GPU",
                "quantization"};
  }
  require_int8_kernels();
  return Rounding::int8;
}

void set_threads(int64_t threads) {
  constexpr int64_t kMost = 1024;
  if (threads < 0 || threads > kMost) {
    throw Error{
        ErrorKind::invalid_argument,
        "threads = " + std::to_string(threads) + " is not between 0 and " + std::to_string(kMost),
        "threads"};
  }
  const unsigned available = std::max(1U, std::thread::hardware_concurrency());
  at::set_num_threads(threads == 0 ? static_cast<int>(available) : static_cast<int>(threads));
}

std::string outdated_blas_kernels() {
  constexpr std::array<std::string_view, 10> kBeforeAvx2{
      "Prescott", "Core2",   "Penryn",    "Dunnington", "Nehalem",
      "Atom",     "Opteron", "Barcelona", "Bobcat",     "Sandybridge"};
  const std::string path = optimised_blas();
  if (!has_avx2() || path.find("openblas") == std::string::npos) return {};
  void *library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD);
  if (library == nullptr) return {};
  const auto core_name =
      reinterpret_cast<const char *(*)()>(::dlsym(library, "openblas_get_corename"));
  const std::string name = core_name == nullptr ? "" : core_name();
  ::dlclose(library);
  const bool outdated =
      std::find(kBeforeAvx2.begin(), kBeforeAvx2.end(), name) != kBeforeAvx2.end();
  return outdated ? name : std::string{};
}

std::string optimised_blas() {
  if (at::hasMKL()) return "MKL";
  std::string path;
  dl_iterate_phdr(find_blas, &path);
  return path;
}

}  // namespace pictor::diffusion
