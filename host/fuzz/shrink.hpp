#pragma once

#include "fuzz/script.hpp"

#include <functional>

namespace pictor::host::fuzz {

// A script that fails as well and has as little as possible: steps that the failure does not need
// are left out (delta debugging), and what is special about the others is made usual. `fails` plays
// a script; it is asked until nothing more can go, or it throws Enough.
struct Enough {};
Script shrink(const Script &script, const std::function<bool(const Script &)> &fails);

}  // namespace pictor::host::fuzz
