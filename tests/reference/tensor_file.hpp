#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>

namespace pictor::test {

using NamedTensors = std::map<std::string, at::Tensor>;

// A safetensors file with these tensors, which are of float32, a half or int64, and texts in its
// metadata.
std::string safetensors_of(const NamedTensors &tensors,
                           const std::map<std::string, std::string> &metadata = {});

// All tensors of a file.
NamedTensors tensors_of(const std::filesystem::path &file);

}  // namespace pictor::test
