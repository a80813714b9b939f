#include "weights/lora.hpp"

#include "error.hpp"
#include "weights/ldm_names.hpp"
#include "weights/lora_names.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace pictor::diffusion {
namespace {

constexpr std::string_view kWeight = ".weight";
constexpr size_t kLayersShown = 5;

// The keys of a component's weights by the flat names of their layers.
using KeysByLayer = std::unordered_map<std::string, std::string>;

KeysByLayer keys_by_layer(const std::string &component, const WeightTable &table) {
  KeysByLayer keys;
  for (const auto &[key, tensor] : table.tensors) {
    if (key.size() <= kWeight.size()) continue;
    const size_t end = key.size() - kWeight.size();
    if (key.compare(end, std::string::npos, kWeight) != 0) continue;
    keys.emplace(flat_layer(component, std::string_view{key}.substr(0, end)), key);
  }
  return keys;
}

// layers_per_block of a UNet in diffusers' layout.
int64_t unet_layers_per_block(const WeightTable &table) {
  int64_t layers = 0;
  while (table.tensors.count("down_blocks.0.resnets." + std::to_string(layers) + ".conv1.weight")) {
    ++layers;
  }
  return std::max<int64_t>(1, layers);
}

// The key of a layer's weight, or "". Kohya's trainers for SDXL use ldm's names of the UNet.
std::string key_of(const std::string &layer, const KeysByLayer &keys, int64_t layers) {
  auto found = keys.find(layer);
  if (found == keys.end()) found = keys.find(flat_layer("unet", unet_key(layer, layers, '_')));
  return found == keys.end() ? "" : found->second;
}

// What is wrong with a LoRA's files is the fault of that parameter, whoever finds it.
LoraFile open_lora(const std::filesystem::path &path) {
  try {
    return LoraFile{path};
  } catch (const Error &error) {
    throw Error{error.kind(), error.what(), "loras"};
  }
}

}  // namespace

LoraSet::LoraSet(const std::vector<LoraSource> &sources) {
  for (const LoraSource &source : sources) {
    Lora &lora = loras_.emplace_back(Lora{open_lora(source.path), source.weight, {}});
    for (const auto &[layer, pair] : lora.file.pairs()) lora.attached[layer] = false;
  }
}

void LoraSet::attach(const std::string &component, const WeightTable &table) {
  if (empty()) return;
  const std::string name = lora_component(component);
  const KeysByLayer keys = keys_by_layer(name, table);
  const int64_t layers = unet_layers_per_block(table);
  for (Lora &lora : loras_) {
    for (const auto &[layer, pair] : lora.file.pairs()) {
      if (layer.first != name) continue;
      const std::string key = key_of(layer.second, keys, layers);
      if (key.empty()) continue;
      const std::vector<int64_t> shape = table.tensors.at(key).shape();
      if (pair.size() != matrix_size(shape)) {
        throw Error{ErrorKind::invalid_argument,
                    lora.file.path().string() + ": its matrices for " + component + "'s '" + key +
                        "' are " + to_string(pair.up.shape) + " x " + to_string(pair.down.shape) +
                        ", but the weight is " + to_string(shape) +
                        "; the LoRA is of another family than the model",
                    "loras"};
      }
      lora.attached[layer] = true;
      ChangedTensor &tensor = tensors_[{component, key}];
      tensor.shape = shape;
      tensor.changes.push_back({&lora, &pair});
    }
  }
}

at::Tensor LoraSet::addition(const std::string &component, const std::string &key) const {
  const auto found = tensors_.find({component, key});
  if (found == tensors_.end()) return {};
  at::Tensor sum;
  for (const Change &change : found->second.changes) {
    if (change.lora->weight == 0) continue;
    const at::Tensor product = change.lora->file.product(*change.pair) * change.lora->weight;
    sum = sum.defined() ? sum + product : product;
  }
  return sum.defined() ? sum.view(found->second.shape) : sum;
}

void LoraSet::finish() const {
  for (const Lora &lora : loras_) {
    std::string names;
    size_t missing = 0;
    for (const auto &[layer, attached] : lora.attached) {
      if (attached || ++missing > kLayersShown) continue;
      names += (names.empty() ? "'" : ", '") + layer.second + "' of " + layer.first;
    }
    if (missing == 0) continue;
    throw Error{
        ErrorKind::invalid_argument,
        lora.file.path().string() + ": " + std::to_string(missing) + " of its " +
            std::to_string(lora.attached.size()) + " layers are not in the model: " + names +
            (missing > kLayersShown ? ", ..." : "") + "; is the LoRA of the model's family?",
        "loras"};
  }
}

}  // namespace pictor::diffusion
