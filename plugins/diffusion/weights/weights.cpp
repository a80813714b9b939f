#include "weights/weights.hpp"

#include "error.hpp"

#include <set>
#include <utility>

namespace pictor::diffusion {
namespace {

constexpr size_t kLeftoversShown = 5;

}  // namespace

Weights::Weights(const std::filesystem::path &folder, const std::string &stem,
                 WeightOptions options)
    : table_(open_component(folder, stem, options.variant)), options_(std::move(options)) {}

Weights::Weights(WeightTable table, WeightOptions options)
    : table_(std::move(table)), options_(std::move(options)) {}

at::Tensor Weights::take(const std::string &key, at::IntArrayRef shape, at::MemoryFormat format) {
  const auto found = table_.tensors.find(key);
  if (found == table_.tensors.end()) fail_missing(key, shape);
  const StoredTensor &tensor = found->second;
  const std::string path = tensor.file->path().string();
  if (at::IntArrayRef{tensor.shape()} != shape) {
    throw Error{ErrorKind::invalid_argument,
                path + ": tensor '" + key + "' has the shape " + to_string(tensor.shape()) +
                    ", but the configuration asks for " + to_string(shape) +
                    "; are config.json and the weights of the same model?",
                "model"};
  }
  if (!c10::isFloatingType(tensor.entry.dtype)) {
    throw Error{ErrorKind::unsupported,
                path + ": tensor '" + key + "' holds " + c10::toString(tensor.entry.dtype) +
                    "; quantized weights are not read here, take the float ones",
                "model"};
  }
  if (!used_.insert(key).second) {
    throw Error{ErrorKind::internal, "tensor '" + key + "' is taken by two layers"};
  }
  const at::Tensor value = read(key, tensor, format);
  if (options_.on_read) options_.on_read(tensor.bytes());
  return value;
}

at::Tensor Weights::read(const std::string &key, const StoredTensor &tensor,
                         at::MemoryFormat format) const {
  const at::Tensor added = options_.addition ? options_.addition(key) : at::Tensor{};
  if (added.defined()) {
    const at::Tensor sum = tensor.read(at::TensorOptions{at::kFloat}).add_(added);
    return sum.to(options_.device, options_.dtype).contiguous(format);
  }
  // A GPU is given the stored dtype and converts it itself.
  const at::ScalarType dtype = options_.device.is_cpu() ? options_.dtype : tensor.entry.dtype;
  const auto options = at::TensorOptions{dtype}.device(options_.device).memory_format(format);
  return tensor.read(options).to(options_.dtype);
}

void Weights::ignore(const std::string &prefix) {
  for (const auto &[key, tensor] : table_.tensors) {
    if (key.rfind(prefix, 0) == 0) leave(key, tensor);
  }
}

void Weights::finish() {
  std::set<std::string> leftovers;
  for (const auto &[key, tensor] : table_.tensors) {
    if (tensor.spare) {
      leave(key, tensor);
    } else if (used_.count(key) == 0) {
      leftovers.insert(key);
    }
  }
  if (leftovers.empty()) return;
  std::string names;
  size_t shown = 0;
  for (const std::string &key : leftovers) {
    if (shown++ == kLeftoversShown) {
      names += ", ...";
      break;
    }
    names += (names.empty() ? "'" : ", '") + key + "' " + to_string(table_.tensors.at(key).shape());
  }
  throw Error{ErrorKind::invalid_argument,
              table_.origin + ": the weights hold " + std::to_string(leftovers.size()) +
                  " tensors that the configuration has no place for: " + names +
                  "; are config.json and the weights of the same model?",
              "model"};
}

uint64_t Weights::bytes() const {
  uint64_t total = 0;
  for (const auto &[key, tensor] : table_.tensors) total += tensor.bytes();
  return total;
}

// Counts a tensor as done without reading it, unless it was taken.
void Weights::leave(const std::string &key, const StoredTensor &tensor) {
  if (used_.insert(key).second && options_.on_read) options_.on_read(tensor.bytes());
}

void Weights::fail_missing(const std::string &key, at::IntArrayRef shape) const {
  throw Error{ErrorKind::invalid_argument,
              table_.origin + ": tensor '" + key + "' of shape " + to_string(shape) +
                  " is missing; are config.json and the weights of the same model?",
              "model"};
}

}  // namespace pictor::diffusion
