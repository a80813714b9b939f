#include "pipelines/components.hpp"

#include "error.hpp"

#include <algorithm>
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

Weights Components::open_weights(const std::filesystem::path &component, const std::string &stem,
                                 at::ScalarType dtype) {
  Weights weights{
      component, stem, {placement_.device, dtype, options_.variant, [this](uint64_t bytes) {
                          add_progress(bytes);
                        }}};
  total_bytes_ += weights.bytes();
  return weights;
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
