#include "weights/lora_file.hpp"

#include "error.hpp"
#include "weights/foreign_formats.hpp"
#include "weights/hub_cache.hpp"
#include "weights/lora_names.hpp"
#include "weights/lora_scales.hpp"

#include <array>
#include <set>
#include <system_error>
#include <vector>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamesShown = 5;

[[noreturn]] void fail(const fs::path &path, const std::string &what,
                       ErrorKind kind = ErrorKind::invalid_argument) {
  throw Error{kind, path.string() + ": " + what, "loras"};
}

// diffusers' and PEFT's names first.
fs::path find_file(fs::path path) {
  std::error_code error;
  refuse_foreign_lora(path);
  if (!fs::exists(path, error) && is_repository_id(path.string())) {
    path = cached_snapshot(path.string(), "", "loras");
  }
  if (!fs::exists(path, error)) {
    fail(path,
         "no such file or folder; 'loras' takes paths, seen from the job file, and repositories "
         "of the Hub, owner/name, that are in the cache",
         ErrorKind::not_found);
  }
  if (!fs::is_directory(path, error)) return path;
  for (const char *name : {"pytorch_lora_weights.safetensors", "adapter_model.safetensors"}) {
    if (fs::exists(path / name, error)) return path / name;
  }
  std::set<fs::path> found;
  for (fs::directory_iterator it{path, error}, end; !error && it != end; it.increment(error)) {
    refuse_foreign_lora(it->path());
    if (it->path().extension() == ".safetensors") found.insert(it->path());
  }
  if (found.size() == 1) return *found.begin();
  fail(path,
       "holds " + std::to_string(found.size()) +
           " safetensors files and no pytorch_lora_weights.safetensors; name the file",
       ErrorKind::not_found);
}

void refuse_strangers(const fs::path &path, const std::vector<std::string> &strangers,
                      size_t tensors) {
  if (strangers.empty()) return;
  std::string names;
  for (size_t i = 0; i < strangers.size() && i < kNamesShown; ++i) {
    names += (i == 0 ? "'" : ", '") + strangers[i] + "'";
  }
  fail(path,
       std::to_string(strangers.size()) + " of its " + std::to_string(tensors) +
           " tensors are not of a LoRA as it is read here, pairs of down and up (A and B) with "
           "alphas: " +
           names + (strangers.size() > kNamesShown ? ", ..." : "") +
           "; another kind of adapter (LoHa, LoKr, DoRA) must be merged into the model first",
       ErrorKind::unsupported);
}

bool is_pair(const TensorEntry &down, const TensorEntry &up) {
  if (down.shape.size() < 2 || up.shape.size() < 2 || down.shape[0] == 0) return false;
  for (size_t i = 2; i < up.shape.size(); ++i) {
    if (up.shape[i] != 1) return false;
  }
  return up.shape[1] == down.shape[0] && c10::isFloatingType(down.dtype) &&
         c10::isFloatingType(up.dtype);
}

std::string spelt(const LoraFile::Layer &layer) {
  return layer.first + " layer '" + layer.second + "'";
}

}  // namespace

// Unsigned, since what an empty tensor claims beside its 0 may overflow.
std::pair<int64_t, int64_t> matrix_size(at::IntArrayRef shape) {
  if (shape.empty()) return {0, 0};
  uint64_t in = 1;
  for (const int64_t extent : shape.slice(1)) in *= static_cast<uint64_t>(extent);
  return {shape.front(), static_cast<int64_t>(in)};
}

std::pair<int64_t, int64_t> LoraFile::Pair::size() const {
  return {up.shape.front(), matrix_size(down.shape).second};
}

LoraFile::LoraFile(const fs::path &path) : file_(find_file(path)) {
  read_pairs();
}

void LoraFile::read_pairs() {
  std::map<Layer, TensorEntry> downs, ups, alphas;
  std::vector<std::string> strangers;
  for (const auto &[key, entry] : file_.entries()) {
    const auto name = read_lora_name(key);
    if (!name) {
      strangers.push_back(key);
      continue;
    }
    auto &tensors = name->role == LoraName::Role::down ? downs
                    : name->role == LoraName::Role::up ? ups
                                                       : alphas;
    if (!tensors.emplace(Layer{name->component, name->layer}, entry).second) {
      fail(path(), "tensor '" + key + "' is there twice, under two spellings");
    }
  }
  refuse_strangers(path(), strangers, file_.entries().size());
  const LoraScales scales{file_};
  for (const auto &[layer, down] : downs) {
    const auto up = ups.find(layer);
    if (up == ups.end()) fail(path(), "the " + spelt(layer) + " has a down matrix but no up");
    if (!is_pair(down, up->second)) {
      fail(path(), "the " + spelt(layer) + " has matrices of " + to_string(down.shape) + " and " +
                       to_string(up->second.shape) + ", which are no pair");
    }
    pairs_[layer] = {down, up->second, scales(layer.first, layer.second, down.shape[0])};
    ups.erase(up);
  }
  if (!ups.empty()) {
    fail(path(), "the " + spelt(ups.begin()->first) + " has an up matrix but no down");
  }
  if (pairs_.empty()) fail(path(), "holds no LoRA: not one pair of matrices");
  read_alphas(alphas);
}

void LoraFile::read_alphas(const std::map<Layer, TensorEntry> &alphas) {
  for (const auto &[layer, entry] : alphas) {
    const auto pair = pairs_.find(layer);
    if (pair == pairs_.end()) {
      fail(path(), "the " + spelt(layer) + " has an alpha but no matrices");
    }
    const at::Tensor alpha = file_.read(entry);
    if (alpha.numel() != 1) {
      fail(path(), "the alpha of the " + spelt(layer) + " is no number");
    }
    pair->second.scale =
        alpha.to(at::kDouble).item<double>() / static_cast<double>(pair->second.down.shape[0]);
  }
}

at::Tensor LoraFile::product(const Pair &pair) const {
  const at::Tensor down = file_.read(pair.down).to(at::kFloat).flatten(1);
  const at::Tensor up = file_.read(pair.up).to(at::kFloat).flatten(1);
  return at::mm(up, down) * pair.scale;
}

}  // namespace pictor::diffusion
