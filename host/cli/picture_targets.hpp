#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace pictor::host {

// Where the pictures of one prompt go.
struct PictureTargets {
  ImageFormat format = ImageFormat::png;
  bool to_stdout = false;
  std::vector<std::filesystem::path> files;  // one per picture; empty: stdout
};

// `output`: a file whose ending says the format, "-" for stdout as PNG, or empty for a name with
// the seed in it. Several pictures of fox.png are fox-0000.png, fox-0001.png, ... Throws Error for
// an ending that is no format, a folder that is not there, several pictures on stdout, and, unless
// `overwrite`, a file that is there.
PictureTargets picture_targets(const std::string &output, std::uint32_t count, std::uint64_t seed,
                               bool overwrite);

// Throws Error when the file is there.
void refuse_existing(const std::filesystem::path &file);

}  // namespace pictor::host
