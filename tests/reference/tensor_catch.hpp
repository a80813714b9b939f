#pragma once

// Catch2 beside libtorch. Both define CHECK and the later one wins: the order is not the usual one.
// clang-format off
#include <ATen/ATen.h>

#include "support/catch.hpp"
// clang-format on
