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

at::Tensor Weights::take(const std::vector<std::string> &keys, at::IntArrayRef shape, Taken taken) {
  std::vector<const StoredTensor *> stored;
  for (const std::string &key : keys) stored.push_back(&claim(key, shape));
  std::vector<int64_t> whole = shape.vec();
  if (keys.size() > 1) whole.front() *= static_cast<int64_t>(keys.size());
  const at::Tensor value = memory_for(whole, taken);
  const std::vector<at::Tensor> parts =
      keys.size() > 1 ? value.split(shape.front()) : std::vector<at::Tensor>{value};
  for (size_t i = 0; i < keys.size(); ++i) {
    read_into(keys[i], *stored[i], parts[i]);
    if (options_.on_read) options_.on_read(stored[i]->bytes());
  }
  return value;
}

at::Tensor Weights::memory_for(at::IntArrayRef shape, const Taken &taken) {
  if (!taken.briefly) return at::empty(shape, options().memory_format(taken.format));
  const int64_t elements = c10::multiply_integers(shape);
  if (!scratch_.defined() || scratch_.numel() < elements) {
    scratch_ = at::Tensor{};
    scratch_ = at::empty({elements}, options());
  }
  const at::Tensor some = scratch_.slice(0, 0, elements);
  if (taken.format == at::MemoryFormat::Contiguous) return some.view(shape);
  return some.view({shape[0], shape[2], shape[3], shape[1]}).permute({0, 3, 1, 2});
}

const StoredTensor &Weights::claim(const std::string &key, at::IntArrayRef shape) {
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
  return tensor;
}

void Weights::read_into(const std::string &key, const StoredTensor &tensor,
                        const at::Tensor &target) const {
  const at::Tensor added = options_.addition ? options_.addition(key) : at::Tensor{};
  if (added.defined()) {
    const at::Tensor sum = tensor.read(at::TensorOptions{at::kFloat}).add_(added);
    target.copy_(sum.to(target.scalar_type()));
  } else if (target.is_cpu() || target.scalar_type() == tensor.entry.dtype) {
    tensor.read_into(target);
  } else {  // a GPU converts what it is given itself
    target.copy_(tensor.read(at::TensorOptions{tensor.entry.dtype}.device(options_.device)));
  }
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

at::Tensor WeightScope::take_joined(const std::vector<std::string> &scopes, const std::string &name,
                                    at::IntArrayRef shape, Taken taken) const {
  std::vector<std::string> keys;
  for (const std::string &scope : scopes) keys.push_back(prefix_ + scope + "." + name);
  return weights_->take(keys, shape, taken);
}

}  // namespace pictor::diffusion
