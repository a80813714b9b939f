#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// The candidate that a misspelt word most likely meant; empty when none is near. Letter case and
// the choice between '-' and '_' cost nothing, two swapped neighbours cost one slip.
std::string nearest_name(std::string_view word, const std::vector<std::string> &candidates);

// "; did you mean 'width'?" or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string> &candidates);

}  // namespace pictor::host
