#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// Where a tensor lies in a safetensors file. begin and end count from the end of the header.
struct TensorEntry {
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

using TensorEntries = std::map<std::string, TensorEntry>;

struct SafetensorsHeader {
  TensorEntries entries;
  std::map<std::string, std::string> metadata;  // what its writer noted in "__metadata__"
};

// Reads a safetensors header that describes `data_bytes` bytes of tensors. Throws Error, naming
// `origin` and the tensor, unless the header is well formed and its tensors fill the data exactly,
// without a hole or an overlap.
SafetensorsHeader parse_safetensors_header(std::string header, uint64_t data_bytes,
                                           const std::string &origin);

// A safetensors file, open for reading. The whole header is checked when it is opened; tensors are
// read one by one. Read with pread and not mapped: every tensor is copied once anyway, and a file
// that shrinks under the reader is then an error and not a SIGBUS. const members may be called from
// several threads at once.
class SafetensorsFile {
 public:
  // Throws Error: not_found when the file cannot be opened, invalid_argument when it is malformed,
  // unsupported for a dtype that is not known here.
  explicit SafetensorsFile(std::filesystem::path path);

  const std::filesystem::path &path() const { return path_; }
  const TensorEntries &entries() const { return header_.entries; }
  const std::map<std::string, std::string> &metadata() const { return header_.metadata; }

  // A new contiguous CPU tensor of the stored dtype. `entry` must be one of entries(), or rows of
  // one (see rows_of).
  at::Tensor read(const TensorEntry &entry) const;

  // The same of another dtype, on another device or in another memory format.
  at::Tensor read(const TensorEntry &entry, const at::TensorOptions &options) const;

  // The same into `target`, which has the entry's shape and is contiguous or channels-last.
  void read_into(const TensorEntry &entry, const at::Tensor &target) const;

 private:
  void read_pieces(const TensorEntry &entry, const at::Tensor &target, int64_t rows, int64_t first,
                   int64_t last) const;
  void read_bytes(void *destination, uint64_t bytes, uint64_t offset) const;

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE *)> file_;
  uint64_t data_offset_ = 0;
  SafetensorsHeader header_;
};

// Part `index` of `parts` equal ones of a tensor cut along its first dimension, which must be a
// multiple of `parts`.
TensorEntry rows_of(const TensorEntry &entry, int64_t index, int64_t parts);

// "[320, 4, 3, 3]"
std::string to_string(at::IntArrayRef shape);

}  // namespace pictor::diffusion
