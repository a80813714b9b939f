#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// Why a file cannot be a row's picture: it is not there, no plain file, too large, or neither PNG,
// JPEG nor WebP by its first bytes. Empty: it can. Reads twelve bytes.
std::string refuse_picture(const std::filesystem::path &path, std::uint64_t max_bytes);

}  // namespace pictor::host
