#include "pipelines/components.hpp"

#include "error.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace pictor::diffusion {

Components::Components(std::filesystem::path folder, const LoadOptions &options,
                       const Placement &placement)
    : index_(folder / "model_index.json"),
      folder_(std::move(folder)),
      options_(options),
      placement_(placement) {}

std::filesystem::path Components::require(const std::string &component,
                                          std::initializer_list<std::string_view> classes) const {
  const std::vector<std::string> entry = index_.strings(component);
  if (entry.size() != 2) index_.fail(component, "[library, class]");
  const std::string &class_name = entry.back();
  if (std::find(classes.begin(), classes.end(), class_name) == classes.end()) {
    throw Error{ErrorKind::unsupported,
                index_.path().string() + ": '" + component + "' is a " + class_name +
                    ", which is not built here; known is " + std::string{*classes.begin()},
                "model"};
  }
  return folder_ / component;
}

bool Components::has(const std::string &component) const {
  if (!index_.has(component)) return false;
  const nlohmann::json &entry = index_.root().at(component);
  return !entry.is_array() || entry.empty() || !entry.back().is_null();
}

Weights Components::open(const std::filesystem::path &component, const std::string &stem,
                         at::Device device, at::ScalarType dtype) {
  const std::string name = component.filename().string();
  WeightTable table = options_.single_file != nullptr
                          ? options_.single_file->component(name)
                          : open_component(component, stem, variant_of(component, stem));
  WeightOptions weight_options{device, dtype, options_.variant,
                               [this](uint64_t bytes) { add_progress(bytes); }};
  if (options_.lora_set != nullptr && !options_.lora_set->empty()) {
    options_.lora_set->attach(name, table);
    weight_options.addition = [loras = options_.lora_set, name](const std::string &key) {
      return loras->addition(name, key);
    };
  }
  Weights weights{std::move(table), std::move(weight_options)};
  total_bytes_ += weights.bytes();
  return weights;
}

// As in diffusers, a component without files of the variant comes from its plain ones where another
// component has some.
std::string Components::variant_of(const std::filesystem::path &component,
                                   const std::string &stem) const {
  const std::string &variant = options_.variant;
  if (has_component(component, stem, variant) || !has_component(component, stem, "")) {
    return variant;
  }
  std::error_code error;
  for (std::filesystem::directory_iterator it{folder_, error}, end; !error && it != end;
       it.increment(error)) {
    for (const char *other : {"model", "diffusion_pytorch_model"}) {
      if (has_component(it->path(), other, variant)) return "";
    }
  }
  return variant;
}

void Components::add_progress(uint64_t bytes) {
  read_bytes_ += bytes;
  if (options_.cancelled && options_.cancelled()) throw Cancelled{};
  if (options_.on_progress) {
    options_.on_progress(static_cast<double>(read_bytes_) / static_cast<double>(total_bytes_));
  }
}

void require_matching(int64_t a, int64_t b, const std::string &what) {
  if (a == b) return;
  throw Error{ErrorKind::invalid_argument,
              "the model's components do not fit together: " + what + " (" + std::to_string(a) +
                  " and " + std::to_string(b) + ")",
              "model"};
}

}  // namespace pictor::diffusion
