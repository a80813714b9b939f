#include "pipelines/guidance.hpp"

#include <cstdint>
#include <numeric>
#include <vector>

namespace pictor::diffusion {
namespace {

// The standard deviation of each sample: [batch, 1, 1, 1].
at::Tensor spread(const at::Tensor &x) {
  std::vector<int64_t> all_but_batch(static_cast<size_t>(x.dim()) - 1);
  std::iota(all_but_batch.begin(), all_but_batch.end(), 1);
  return at::std(x, all_but_batch, /*unbiased=*/true, /*keepdim=*/true);
}

}  // namespace

at::Tensor guide(const at::Tensor &negative, const at::Tensor &positive, double scale,
                 double rescale) {
  const at::Tensor guided = negative + scale * (positive - negative);
  if (rescale <= 0) return guided;
  const at::Tensor rescaled = guided * (spread(positive) / spread(guided));
  return rescale * rescaled + (1 - rescale) * guided;
}

}  // namespace pictor::diffusion
