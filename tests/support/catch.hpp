#pragma once

// The one place that knows which Catch2 is there; tests include this, never Catch2 itself.
#ifdef PICTOR_CATCH2_V3
#include <catch2/catch_all.hpp>
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
// Catch2 3's name for the matcher that Catch2 2 calls Contains.
inline auto ContainsSubstring(const std::string &text) {
  return Catch::Contains(text);
}
#endif
