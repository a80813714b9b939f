#include "pipelines/step_graph.hpp"

#include "layers/cuda_kernel.hpp"

#include <utility>

#if PICTOR_CUDA_HEADERS
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#endif

namespace pictor::diffusion {

#if PICTOR_CUDA_HEADERS

namespace {

constexpr size_t kFewestCalls = 6;

c10::impl::VirtualGuardImpl cuda() {
  return c10::impl::VirtualGuardImpl{at::kCUDA};
}

// What is given to `later` from now on begins when what `earlier` was given is done.
void order(const c10::Stream &earlier, const c10::Stream &later) {
  c10::Event event{at::kCUDA};
  event.record(earlier);
  event.block(later);
}

}  // namespace

// A capture needs a stream of its own, and all that happens in it to have happened there before.
struct StepGraph::Recording {
  explicit Recording(at::Device device) : stream(cuda().getStreamFromGlobalPool(device)) {}

  at::Tensor rehearse(const Step &step, const std::vector<at::Tensor> &given) {
    const c10::Stream current = cuda().getStream(stream.device());
    order(current, stream);
    at::Tensor result;
    {
      const c10::StreamGuard guard{stream};
      result = step(given);
    }
    order(stream, current);
    return result.clone();  // the stream may write to its memory as soon as it goes on
  }

  // Throws c10::Error, after which nothing is recorded.
  void capture(const Step &step, const std::vector<at::Tensor> &given) {
    for (const at::Tensor &input : given) inputs.push_back(input.clone());
    const c10::StreamGuard guard{stream};
    // Other threads may do on this GPU what a capture must not.
    graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      output = step(inputs);
    } catch (const c10::Error &) {
      graph.capture_end();  // throws likewise
      throw;
    }
    graph.capture_end();
  }

  at::Tensor replay(const std::vector<at::Tensor> &given) {
    for (size_t i = 0; i < inputs.size(); ++i) inputs[i].copy_(given[i]);
    graph.replay();
    return output.clone();
  }

  c10::Stream stream;
  at::cuda::CUDAGraph graph;
  std::vector<at::Tensor> inputs;
  at::Tensor output;
};

StepGraph::StepGraph(Step step, at::Device device, size_t calls) : step_(std::move(step)) {
  if (device.is_cuda() && calls >= kFewestCalls) recording_ = std::make_unique<Recording>(device);
}

at::Tensor StepGraph::operator()(const std::vector<at::Tensor> &inputs) {
  if (!recording_) return step_(inputs);
  if (!std::exchange(rehearsed_, true)) return recording_->rehearse(step_, inputs);
  if (!is_recorded()) {
    try {
      recording_->capture(step_, inputs);
    } catch (const c10::Error &) {
      recording_.reset();
      return step_(inputs);
    }
  }
  return recording_->replay(inputs);
}

bool StepGraph::is_recorded() const {
  return recording_ && recording_->output.defined();
}

#else

struct StepGraph::Recording {};

StepGraph::StepGraph(Step step, at::Device, size_t) : step_(std::move(step)) {}

at::Tensor StepGraph::operator()(const std::vector<at::Tensor> &inputs) {
  return step_(inputs);
}

bool StepGraph::is_recorded() const {
  return false;
}

#endif

StepGraph::~StepGraph() = default;

}  // namespace pictor::diffusion
