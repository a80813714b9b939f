// Times one drawing from inside:
// diffusion_timing MODEL DTYPE DEVICE STEPS SIDE SAMPLES SPAWNED [STEP_CACHE]
// DTYPE may end in -int8.
//
// SPAWNED is the Unix time at which the process was started. Prints one JSON object; seconds, and
// MB.

#include "pipelines/gpu_memory.hpp"
#include "pipelines/pipeline.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace pictor::diffusion;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// "VmRSS", what is held now, or "VmHWM", the most since the process or restart_peak() began.
double memory_mb(const std::string &what) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(what + ":", 0) == 0) return std::stod(line.substr(what.size() + 1)) / 1024;
  }
  return 0;
}

// A moment into the decode, which does not yet need much then and has let go of what the steps
// left.
std::future<void> restart_peak() {
  return std::async(std::launch::async, [] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::ofstream("/proc/self/clear_refs") << 5;
  });
}

TextToImageRequest request_of(int64_t steps, int64_t side, uint64_t samples) {
  TextToImageRequest request;
  for (uint64_t seed = 0; seed < samples; ++seed) {
    TextToImageRequest::Sample sample;
    sample.prompt = "a red fox in the snow";
    sample.seed = seed;
    request.samples.push_back(sample);
  }
  request.width = request.height = side;
  request.num_inference_steps = steps;
  return request;
}

nlohmann::json timed(char **argv) {
  LoadOptions options;
  const std::string dtype = argv[2];
  options.dtype = dtype.substr(0, dtype.find('-'));
  if (options.dtype != dtype) options.quantization = dtype.substr(options.dtype.size() + 1);
  options.device = argv[3];
  const double spawned = std::stod(argv[7]), began = now();
  const auto pipeline = load_pipeline(argv[1], options);
  const double loaded = now(), loaded_mb = memory_mb("VmHWM"), held_mb = memory_mb("VmRSS");

  std::vector<double> at;
  double undecoded_mb = 0;
  std::future<void> restarted;
  RunCallbacks callbacks;
  callbacks.on_step = [&](int64_t step, int64_t steps) {
    at.push_back(now());
    if (step < steps) return;
    undecoded_mb = memory_mb("VmHWM");
    restarted = restart_peak();
  };
  TextToImageRequest request =
      request_of(std::stoll(argv[4]), std::stoll(argv[5]), std::stoull(argv[6]));
  if (argv[8] != nullptr) request.step_cache = std::stoll(argv[8]);
  pipeline->generate(request, callbacks);
  const double done = now(), decoded_mb = memory_mb("VmHWM");

  std::vector<double> steps;
  for (size_t i = 1; i < at.size(); ++i) steps.push_back(at[i] - at[i - 1]);
  return {{"load", loaded - began},
          {"load_mb", loaded_mb},
          {"first_step", at.front() - spawned},
          {"steps", steps},
          {"decode", done - at.back()},
          {"decode_mb", decoded_mb - held_mb},
          {"whole", done - spawned},
          {"peak_mb", std::max(undecoded_mb, decoded_mb)},
          {"gpu_mb", static_cast<double>(peak_gpu_bytes(pipeline->placement().device).value_or(0)) /
                         (1 << 20)}};
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 8 && argc != 9) {
    std::fputs(
        "usage: diffusion_timing MODEL DTYPE DEVICE STEPS SIDE SAMPLES SPAWNED [STEP_CACHE]\n",
        stderr);
    return 2;
  }
  try {
    std::puts(timed(argv).dump().c_str());
    return 0;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "diffusion_timing: %s\n", error.what());
    return 1;
  }
}
