#pragma once

#include "weights/safetensors.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <unordered_map>

namespace pictor::diffusion {

// How the tensor of one key is read: an entry of a file, or rows of one, perhaps transposed.
struct StoredTensor {
  std::shared_ptr<const SafetensorsFile> file;
  TensorEntry entry;
  bool transposed = false;  // a matrix that is stored as [in, out]
  bool spare = false;       // the model may do without it

  uint64_t bytes() const { return entry.end - entry.begin; }
  std::vector<int64_t> shape() const;  // as read() returns it
  at::Tensor read() const { return read(at::TensorOptions{entry.dtype}); }
  at::Tensor read(const at::TensorOptions &options) const;
  void read_into(const at::Tensor &target) const;  // see SafetensorsFile::read_into
};

// The tensors of one component under the keys of diffusers and transformers, wherever they lie.
struct WeightTable {
  std::string origin;  // the folder or the file, for messages
  std::unordered_map<std::string, StoredTensor> tensors;
};

// Opens the safetensors of a component in the diffusers layout: `stem`.safetensors in `folder`, or
// the shards that its index names; with a variant, `stem`.VARIANT.safetensors or an index under any
// of the names that diffusers has given it. Throws Error; a pickle in their place is
// refused, since reading one can run code.
WeightTable open_component(const std::filesystem::path &folder, const std::string &stem,
                           const std::string &variant);

// Whether there is such a file or folder; a path that cannot be looked at counts as none.
bool is_present(const std::filesystem::path &path);

// Whether open_component finds files of that variant.
bool has_component(const std::filesystem::path &folder, const std::string &stem,
                   const std::string &variant);

}  // namespace pictor::diffusion
