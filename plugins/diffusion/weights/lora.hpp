#pragma once

#include "weights/lora_file.hpp"
#include "weights/weight_table.hpp"

#include <ATen/ATen.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {

// A LoRA that a model is loaded with.
struct LoraSource {
  std::string name;            // what a request calls it
  std::filesystem::path path;  // see LoraFile
  double weight = 1;           // negative turns the effect round; 0 leaves the model as it is
};

// The LoRAs of one model. Each weight is changed when it is read, before it is rounded to the
// model's dtype: W + sum of weight * alpha / rank * up x down, as diffusers does with fused LoRAs.
// So a picture costs no more with LoRAs than without.
class LoraSet {
 public:
  explicit LoraSet(const std::vector<LoraSource> &sources);

  bool empty() const { return loras_.empty(); }

  // Finds the layers of a component that the LoRAs change. Throws Error for a pair that is not of
  // the layer's size.
  void attach(const std::string &component, const WeightTable &table);

  // What is to be added to the tensor `key` of an attached component, in its shape and in float32;
  // undefined for nothing.
  at::Tensor addition(const std::string &component, const std::string &key) const;

  // Throws Error when a LoRA has layers that no attached component has.
  void finish() const;

 private:
  struct Lora {
    LoraFile file;
    double weight;
    std::map<LoraFile::Layer, bool> attached;
  };

  struct Change {
    const Lora *lora;
    const LoraFile::Pair *pair;
  };

  struct ChangedTensor {
    std::vector<int64_t> shape;
    std::vector<Change> changes;
  };

  std::vector<Lora> loras_;
  std::map<std::pair<std::string, std::string>, ChangedTensor> tensors_;  // by component and key
};

}  // namespace pictor::diffusion
