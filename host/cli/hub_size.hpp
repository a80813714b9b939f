#pragma once

#include <cstdint>
#include <string>

namespace pictor::host {

// "3.4 GB", in powers of 1000 as the Hub's pages count.
std::string size_text(std::uint64_t bytes);

}  // namespace pictor::host
