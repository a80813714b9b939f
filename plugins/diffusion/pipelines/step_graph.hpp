#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace pictor::diffusion {

// The calls of a denoiser. A UNet launches thousands of kernels, which takes a CPU longer than a
// fast GPU needs to run them: on a CUDA GPU the second call is captured as a CUDA graph, which
// launches them as one from then on. Elsewhere, and where the capture fails (for want of memory,
// say), each call is computed as the first one is. For one thread and one drawing: it holds the
// memory of a call.
class StepGraph {
 public:
  // Computes on the device alone, without waiting for it, and reads nothing that changes from call
  // to call but `inputs`, whose shapes stay.
  using Step = std::function<at::Tensor(const std::vector<at::Tensor> &inputs)>;

  // `calls`: how many will come; a few are not worth a capture.
  StepGraph(Step step, at::Device device, size_t calls);
  ~StepGraph();
  StepGraph(const StepGraph &) = delete;
  StepGraph &operator=(const StepGraph &) = delete;

  at::Tensor operator()(const std::vector<at::Tensor> &inputs);

  bool is_recorded() const;

 private:
  struct Recording;

  Step step_;
  std::unique_ptr<Recording> recording_;  // none where calls are never launched as one
  [[maybe_unused]] bool rehearsed_ = false;
};

}  // namespace pictor::diffusion
