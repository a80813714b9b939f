#pragma once

#include "weights/weight_table.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace pictor::diffusion {

// A whole model in one safetensors file with the names of the latent-diffusion code: Stable
// Diffusion 1.x, 2.x and XL as they were published, and what trainers and merges write. Only the
// names differ from the diffusers layout: tensors are read from the file when they are taken.
// Configurations and the tokenizer are not in it.
class SingleFile {
 public:
  // Throws Error when the file is malformed, has another layout, or holds tensors that belong to no
  // component and are not known to be unused.
  explicit SingleFile(const std::filesystem::path &path);

  // "Stable Diffusion XL"
  const std::string &family() const { return family_; }

  // The Hub's repository with configurations and tokenizer of the family.
  const std::string &repository() const { return repository_; }

  // "unet", "vae", "text_encoder" or "text_encoder_2" under diffusers' keys. Throws Error when the
  // file has none of it.
  WeightTable component(const std::string &name) const;

 private:
  void sort_tensors();
  void recognise();

  std::shared_ptr<const SafetensorsFile> file_;
  std::map<std::string, std::vector<std::string>> names_;  // by the prefix of the part
  std::string family_;
  std::string repository_;
};

}  // namespace pictor::diffusion
