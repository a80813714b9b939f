#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pictor::host {

// "1000000", "1GB", "1.5 GiB": a number of bytes, at least 1. Units are B, kB, MB, GB, TB in powers
// of 1000 and KiB, MiB, GiB, TiB in powers of 1024, in any letter case. Nothing for other texts.
std::optional<std::uint64_t> read_byte_size(std::string_view text);

}  // namespace pictor::host
