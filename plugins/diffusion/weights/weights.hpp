#pragma once

#include "weights/weight_table.hpp"

#include <ATen/ATen.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

namespace pictor::diffusion {

struct WeightOptions {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
  std::string variant;                            // "fp16" for model.fp16.safetensors, or empty
  std::function<void(uint64_t bytes)> on_read{};  // after each tensor; may throw to stop the load
  // What is added to the tensor `key`, in float32 and of its shape; undefined for nothing.
  std::function<at::Tensor(const std::string &key)> addition{};
};

// How a tensor is to lie in memory.
struct Taken {
  at::MemoryFormat format = at::MemoryFormat::Contiguous;
  // In memory that the next such tensor of the component is read to: for weights that are only put
  // in another order and let go of, so that the system need not clear new memory for each.
  bool briefly = false;
};

// The tensors of one component of a model (the UNet, the VAE, a text encoder). Layers take their
// tensors by the keys of diffusers and transformers; finish() then tells what no layer took.
class Weights {
 public:
  // Throws Error, as open_component does.
  Weights(const std::filesystem::path &folder, const std::string &stem, WeightOptions options);

  Weights(WeightTable table, WeightOptions options);

  // Of the tensors that are taken.
  at::TensorOptions options() const {
    return at::TensorOptions{options_.device}.dtype(options_.dtype);
  }

  bool has(const std::string &key) const { return table_.tensors.count(key) != 0; }

  // The tensors `keys`, each of `shape`, one below the other, on the device and of the
  // floating-point dtype of the options. A key may be taken once. Throws Error when one is missing
  // or of another shape.
  at::Tensor take(const std::vector<std::string> &keys, at::IntArrayRef shape, Taken taken = {});

  // Declares that the tensors whose keys begin with `prefix` are not needed.
  void ignore(const std::string &prefix);

  // Throws Error when tensors are left that were neither taken nor ignored: then the configuration
  // and the weights are not of the same model.
  void finish();

  // The bytes of all tensors in the files.
  uint64_t bytes() const;

 private:
  const StoredTensor &claim(const std::string &key, at::IntArrayRef shape);
  at::Tensor memory_for(at::IntArrayRef shape, const Taken &taken);
  void read_into(const std::string &key, const StoredTensor &tensor,
                 const at::Tensor &target) const;
  void leave(const std::string &key, const StoredTensor &tensor);
  [[noreturn]] void fail_missing(const std::string &key, at::IntArrayRef shape) const;

  WeightTable table_;
  WeightOptions options_;
  std::unordered_set<std::string> used_;
  at::Tensor scratch_;  // [elements]
};

// How layers keep the weights that they multiply with: see Int8Matrix and Int8Convolution.
enum class Rounding { none, int8 };

// A view of the tensors below a prefix: `weights / "down_blocks" / 0 / "resnets"`. Valid as long as
// the Weights are.
class WeightScope {
 public:
  WeightScope(Weights &weights) : weights_(&weights) {}  // NOLINT: the root is a scope

  WeightScope operator/(const std::string &name) const {
    return WeightScope{*weights_, prefix_ + name + ".", rounding_};
  }
  WeightScope operator/(size_t index) const { return *this / std::to_string(index); }

  // The same view, for layers that keep their weights so; it holds below it, too.
  WeightScope rounded(Rounding rounding) const { return WeightScope{*weights_, prefix_, rounding}; }
  Rounding rounding() const { return rounding_; }

  // Of the tensors that are taken.
  at::TensorOptions options() const { return weights_->options(); }

  bool has(const std::string &name) const { return weights_->has(prefix_ + name); }
  at::Tensor take(const std::string &name, at::IntArrayRef shape, Taken taken = {}) const {
    return weights_->take({prefix_ + name}, shape, taken);
  }

  // `name` below each of `scopes`, one below the other.
  at::Tensor take_joined(const std::vector<std::string> &scopes, const std::string &name,
                         at::IntArrayRef shape, Taken taken = {}) const;

 private:
  WeightScope(Weights &weights, std::string prefix, Rounding rounding)
      : weights_(&weights), prefix_(std::move(prefix)), rounding_(rounding) {}

  Weights *weights_;
  std::string prefix_;
  Rounding rounding_ = Rounding::none;
};

}  // namespace pictor::diffusion
