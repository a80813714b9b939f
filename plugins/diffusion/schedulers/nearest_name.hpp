#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// The candidate with the fewest single-letter edits from `name`; empty where none is near enough to
// be what was meant. Ties go to the first.
std::string nearest_name(std::string_view name, const std::vector<std::string> &candidates);

}  // namespace pictor::diffusion
