#include "weights/weights.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLeftoversShown = 5;

bool is_present(const fs::path &path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The first file in `folder` whose name begins with `stem` and ends with `extension`, or "".
std::string find_sibling(const fs::path &folder, const std::string &stem,
                         std::string_view extension) {
  std::error_code error;
  std::set<std::string> names;
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.rfind(stem, 0) == 0 && it->path().extension() == extension) names.insert(name);
  }
  return names.empty() ? std::string{} : *names.begin();
}

// Says what is wrong with a folder that lacks `wanted`, from what is there instead.
[[noreturn]] void fail_absent(const fs::path &folder, const std::string &wanted,
                              const std::string &stem) {
  const std::string path = (folder / wanted).string();
  if (!is_present(folder)) {
    throw Error{ErrorKind::not_found,
                folder.string() +
                    ": no such folder; a model in the diffusers layout has "
                    "one folder for each component",
                "model"};
  }
  if (const std::string other = find_sibling(folder, stem, ".safetensors"); !other.empty()) {
    throw Error{ErrorKind::not_found,
                path + ": no such file, but the folder holds " + other +
                    "; 'variant' is what stands between the first and the last dot, nothing by "
                    "default",
                "variant"};
  }
  for (const char *pickle : {".bin", ".ckpt", ".pt", ".pth"}) {
    for (const std::string &name : {stem, std::string{"pytorch_model"}}) {
      const std::string found = find_sibling(folder, name, pickle);
      if (found.empty()) continue;
      throw Error{ErrorKind::unsupported,
                  (folder / found).string() +
                      ": a pickle, which can run code when it is opened and is not read here; "
                      "convert it to " +
                      wanted + " (in Python: save_pretrained(..., safe_serialization=True))",
                  "model"};
    }
  }
  throw Error{ErrorKind::not_found, path + ": no such file; it must hold the component's weights",
              "model"};
}

// "model.fp16.safetensors.index.json" is not what the Hub writes: the variant comes last.
std::string index_name(const std::string &stem, const std::string &variant) {
  const std::string middle = variant.empty() ? "" : "." + variant;
  return stem + ".safetensors.index" + middle + ".json";
}

bool is_file_name(const std::string &name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

}  // namespace

Weights::Weights(const fs::path &folder, const std::string &stem, WeightOptions options)
    : folder_(folder), options_(std::move(options)) {
  const std::string middle = options_.variant.empty() ? "" : "." + options_.variant;
  const std::string name = stem + middle + ".safetensors";
  if (!is_file_name(name)) {
    throw Error{ErrorKind::invalid_argument, "variant '" + options_.variant + "' is not a word",
                "variant"};
  }
  if (is_present(folder / name)) {
    open(folder / name);
  } else if (is_present(folder / index_name(stem, options_.variant))) {
    open_shards(folder / index_name(stem, options_.variant));
  } else {
    fail_absent(folder, name, stem);
  }
}

void Weights::open(const fs::path &path) {
  const size_t file = files_.size();
  files_.emplace_back(path);
  for (const auto &[key, entry] : files_.back().entries()) {
    if (!locations_.emplace(key, Location{file, &entry}).second) {
      throw Error{ErrorKind::invalid_argument,
                  path.string() + ": tensor '" + key + "' is also in another shard"};
    }
  }
}

void Weights::open_shards(const fs::path &index) {
  const JsonFile file{index};
  std::set<std::string> names;
  const std::string expected = "an object from tensor names to file names in the same folder";
  if (!file.has("weight_map") || !file.root().at("weight_map").is_object()) {
    file.fail("weight_map", expected);
  }
  for (const auto &[key, name] : file.root().at("weight_map").items()) {
    if (!name.is_string() || !is_file_name(name.get<std::string>())) {
      file.fail("weight_map", expected);
    }
    names.insert(name.get<std::string>());
  }
  if (names.empty()) file.fail("weight_map", expected);
  for (const std::string &name : names) open(index.parent_path() / name);
}

at::Tensor Weights::take(const std::string &key, at::IntArrayRef shape) {
  const auto found = locations_.find(key);
  if (found == locations_.end()) fail_missing(key, shape);
  const auto &[file_index, entry] = found->second;
  const SafetensorsFile &file = files_[file_index];
  if (at::IntArrayRef{entry->shape} != shape) {
    throw Error{ErrorKind::invalid_argument,
                file.path().string() + ": tensor '" + key + "' has the shape " +
                    to_string(entry->shape) + ", but the configuration asks for " +
                    to_string(shape) + "; are config.json and the weights of the same model?",
                "model"};
  }
  if (!c10::isFloatingType(entry->dtype)) {
    throw Error{ErrorKind::unsupported,
                file.path().string() + ": tensor '" + key + "' holds " +
                    c10::toString(entry->dtype) +
                    "; quantized weights are not read here, take the float ones",
                "model"};
  }
  if (!used_.insert(key).second) {
    throw Error{ErrorKind::internal, "tensor '" + key + "' is taken by two layers"};
  }
  const at::Tensor stored = file.read(*entry);
  if (options_.on_read) options_.on_read(entry->end - entry->begin);
  return stored.to(options_.device, options_.dtype);
}

void Weights::ignore(const std::string &prefix) {
  for (const auto &[key, location] : locations_) {
    if (key.rfind(prefix, 0) != 0) continue;
    used_.insert(key);
    if (options_.on_read) options_.on_read(location.entry->end - location.entry->begin);
  }
}

void Weights::finish() const {
  std::set<std::string> leftovers;
  for (const auto &[key, location] : locations_) {
    if (used_.count(key) == 0) leftovers.insert(key);
  }
  if (leftovers.empty()) return;
  std::string names;
  size_t shown = 0;
  for (const std::string &key : leftovers) {
    if (shown++ == kLeftoversShown) {
      names += ", ...";
      break;
    }
    names +=
        (names.empty() ? "'" : ", '") + key + "' " + to_string(locations_.at(key).entry->shape);
  }
  throw Error{ErrorKind::invalid_argument,
              folder_.string() + ": the weights hold " + std::to_string(leftovers.size()) +
                  " tensors that the configuration has no place for: " + names +
                  "; are config.json and the weights of the same model?",
              "model"};
}

uint64_t Weights::bytes() const {
  uint64_t total = 0;
  for (const auto &[key, location] : locations_) {
    total += location.entry->end - location.entry->begin;
  }
  return total;
}

void Weights::fail_missing(const std::string &key, at::IntArrayRef shape) const {
  throw Error{ErrorKind::invalid_argument,
              files_.front().path().string() + ": tensor '" + key + "' of shape " +
                  to_string(shape) +
                  " is missing; are config.json and the weights of the same model?",
              "model"};
}

}  // namespace pictor::diffusion
