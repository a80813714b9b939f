#pragma once

#include "weights/single_file.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace pictor::diffusion {

// Where the parts of a model lie. Configurations and the tokenizer are always in a folder of the
// diffusers layout; the weights are there too, or in one file.
struct ModelSource {
  std::filesystem::path folder;
  std::shared_ptr<const SingleFile> single_file;  // null: the weights are in the folder
};

// Finds what `model` names: a folder in the diffusers layout, a safetensors file, or a repository
// of the Hub that is in the cache. What exists as a path is one. `config` names the folder, or the
// repository, that a single file takes its configurations from; without it, the repository of the
// file's family is used when the cache holds it. `parameter` is what `model` stands in. Throws
// Error naming the parameter at fault.
ModelSource find_model(const std::string &model, const std::string &config,
                       const std::string &revision, const std::string &parameter = "model");

}  // namespace pictor::diffusion
