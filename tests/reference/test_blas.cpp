#include "layers/cpu_features.hpp"
#include "pipelines/device.hpp"
#include "tensor_catch.hpp"

#include <cstdlib>
#include <string>

using namespace pictor::diffusion;

TEST_CASE("kernels for an older CPU are noticed") {
  const char *core = std::getenv("OPENBLAS_CORETYPE");
  const bool openblas = optimised_blas().find("openblas") != std::string::npos;
  if (core != nullptr && openblas && has_avx2()) CHECK(outdated_blas_kernels() == core);
  if (!openblas || !has_avx2()) CHECK(outdated_blas_kernels().empty());
}
