#pragma once

#include "weights/safetensors.hpp"

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>

namespace pictor::diffusion {

// A LoRA file: for some layers of a model, a pair of matrices of low rank whose product is added to
// the layer's weight (Hu et al., 2021, arXiv:2106.09685).
class LoraFile {
 public:
  // Which layer: a component and the name that flat_layer gives it.
  using Layer = std::pair<std::string, std::string>;

  struct Pair {
    TensorEntry down;  // [rank, in] or, of a convolution, [rank, in, h, w]
    TensorEntry up;    // [out, rank] or [out, rank, 1, 1]
    double scale = 1;  // alpha / rank

    // The product's size as a matrix: [out, in * h * w].
    std::pair<int64_t, int64_t> size() const;
  };

  // `path`: a safetensors file, or a folder with one, or, where there is neither, a repository in
  // the Hugging Face cache. Throws Error naming the file, and the tensor where one is not of a
  // pair.
  explicit LoraFile(const std::filesystem::path &path);

  const std::filesystem::path &path() const { return file_.path(); }
  const std::map<Layer, Pair> &pairs() const { return pairs_; }

  // scale * up x down in float32: [out, in * h * w].
  at::Tensor product(const Pair &pair) const;

 private:
  void read_pairs();
  void read_alphas(const std::map<Layer, TensorEntry> &alphas);

  SafetensorsFile file_;
  std::map<Layer, Pair> pairs_;
};

// A weight's size with all dimensions after the first as one.
std::pair<int64_t, int64_t> matrix_size(at::IntArrayRef shape);

}  // namespace pictor::diffusion
