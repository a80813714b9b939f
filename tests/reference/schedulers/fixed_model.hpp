#pragma once

// Include this ahead of support/catch.hpp: c10 has a CHECK of its own, and the later one wins.
#include <ATen/ATen.h>

#include <cmath>

namespace pictor::test {

// What the stored runs had in place of a neural network.
inline at::Tensor fixed_model(const at::Tensor &x, double timestep) {
  return 0.6 * x + 0.4 * at::sin(3 * x + 5 * timestep / 1000) + 0.1 * std::cos(7 * timestep / 1000);
}

}  // namespace pictor::test
