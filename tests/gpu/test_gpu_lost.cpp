// A GPU that meets a fault. It computes no more for the process: a suite, and a process, of its
// own.

#include "error.hpp"
#include "pipelines/device.hpp"
#include "pipelines/memory_ladder.hpp"
#include "pipelines/pipeline.hpp"
#include "reference_case.hpp"
#include "tensor_catch.hpp"

#include <cstdio>
#include <functional>
#include <memory>

using namespace pictor::diffusion;
using namespace pictor::test;

namespace {

ErrorKind kind_of(const std::function<void()> &work) {
  try {
    work();
  } catch (const Error &error) {
    INFO(error.what());
    return error.kind();
  }
  FAIL("it went well");
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("a GPU that met a fault is lost, and said to be") {
  const at::Device gpu{at::kCUDA, 0};
  LoadOptions options;
  options.device = "cuda";
  std::unique_ptr<Pipeline> pipeline;
  try {
    pipeline = load_pipeline(tiny_sd15(), options);
  } catch (const Error &) {
    std::puts("skipped: no CUDA GPU");  // ctest looks for this line
    return;
  }
  CHECK(computes(gpu));

  // An index that is not there is found out by the kernel, which ends in an assertion.
  CHECK(kind_of([&] {
          translating_errors(gpu, "reading", [&] {
            const at::Tensor there = at::zeros({4}, gpu);
            there.index_select(0, at::full({1}, 1 << 20, at::TensorOptions{gpu}.dtype(at::kLong)))
                .cpu();
          });
        }) == ErrorKind::device_lost);
  CHECK_FALSE(computes(gpu));

  TextToImageRequest request;
  request.num_inference_steps = 1;
  request.samples.push_back({"a red fox", "", 1});
  CHECK(kind_of([&] { pipeline->generate(request, {}); }) == ErrorKind::device_lost);
}
