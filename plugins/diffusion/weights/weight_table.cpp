#include "weights/weight_table.hpp"

#include "error.hpp"
#include "weights/foreign_formats.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

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
                    "; 'variant' is what stands between the stem and the extension, such as fp16, "
                    "and is empty by default",
                "variant"};
  }
  for (const std::string &name : {stem, std::string{"pytorch_model"}}) {
    for (const std::string_view extension : kForeignExtensions) {
      const std::string found = find_sibling(folder, name, extension);
      if (!found.empty()) refuse_foreign_component(folder / found);
    }
  }
  throw Error{ErrorKind::not_found, path + ": no such file; it must hold the component's weights",
              "model"};
}

// "model.safetensors" with a variant is "model.fp16.safetensors".
std::string weights_name(const std::string &stem, const std::string &variant) {
  return stem + (variant.empty() ? "" : "." + variant) + ".safetensors";
}

// Where diffusers and transformers put the variant, the newest first.
std::vector<std::string> index_names(const std::string &stem, const std::string &variant) {
  if (variant.empty()) return {stem + ".safetensors.index.json"};
  return {stem + ".safetensors.index." + variant + ".json",
          stem + ".safetensors." + variant + ".index.json",
          stem + "." + variant + ".safetensors.index.json"};
}

bool is_file_name(const std::string &name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

void add_file(WeightTable &table, const fs::path &path) {
  const auto file = std::make_shared<const SafetensorsFile>(path);
  for (const auto &[key, entry] : file->entries()) {
    if (!table.tensors.emplace(key, StoredTensor{file, entry}).second) {
      throw Error{ErrorKind::invalid_argument,
                  path.string() + ": tensor '" + key + "' is also in another shard", "model"};
    }
  }
}

void add_shards(WeightTable &table, const fs::path &index) {
  const JsonFile file{index};
  std::set<std::string> names;
  const std::string expected =
      "an object from tensor names to names of safetensors files in the same folder";
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
  for (const std::string &name : names) add_file(table, index.parent_path() / name);
  for (const auto &[key, name] : file.root().at("weight_map").items()) {
    if (table.tensors.count(key) != 0) continue;
    throw Error{ErrorKind::invalid_argument,
                index.string() + ": tensor '" + key + "' should be in " + name.get<std::string>() +
                    ", which lacks it; are index and shards of the same model?",
                "model"};
  }
}

}  // namespace

std::vector<int64_t> StoredTensor::shape() const {
  if (!transposed) return entry.shape;
  return {entry.shape.rbegin(), entry.shape.rend()};
}

at::Tensor StoredTensor::read(const at::TensorOptions &options) const {
  const at::Tensor stored = file->read(entry, options);
  return transposed ? stored.t().contiguous() : stored;
}

void StoredTensor::read_into(const at::Tensor &target) const {
  if (transposed) {
    target.copy_(file->read(entry).t());
  } else {
    file->read_into(entry, target);
  }
}

bool is_present(const fs::path &path) {
  std::error_code error;
  return fs::exists(path, error);
}

bool has_component(const fs::path &folder, const std::string &stem, const std::string &variant) {
  if (is_present(folder / weights_name(stem, variant))) return true;
  const std::vector<std::string> names = index_names(stem, variant);
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string &name) { return is_present(folder / name); });
}

WeightTable open_component(const fs::path &folder, const std::string &stem,
                           const std::string &variant) {
  WeightTable table{folder.string(), {}};
  const std::string name = weights_name(stem, variant);
  if (!is_file_name(name)) {
    throw Error{ErrorKind::invalid_argument, "variant '" + variant + "' is not a word", "variant"};
  }
  if (is_present(folder / name)) {
    add_file(table, folder / name);
    return table;
  }
  for (const std::string &index : index_names(stem, variant)) {
    if (!is_present(folder / index)) continue;
    add_shards(table, folder / index);
    return table;
  }
  fail_absent(folder, name, stem);
}

}  // namespace pictor::diffusion
