#pragma once

#include "pictor/abi.h"
#include "pictor/error.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace pictor {
inline namespace v1 {

// A picture that a row named: a PNG, JPEG or WebP file that the host has read.
struct ImageInput {
  std::string bytes;
  std::string media_type;
};

// INT and SEED are int64 (a seed's bits), every kind of text is a string.
using Value = std::variant<bool, std::int64_t, double, std::string, std::vector<double>,
                           std::vector<std::string>, ImageInput, std::vector<ImageInput>>;

// One documented, typed setting of a model. From this declaration the host validates, lists,
// documents and completes. Request scope (generation_kwargs) unless `load()` says otherwise. Use
// the well-known names of abi.h.
class RuntimeParameter {
 public:
  static RuntimeParameter boolean(std::string id) { return {std::move(id), PICTOR_TYPE_BOOL}; }
  static RuntimeParameter integer(std::string id) { return {std::move(id), PICTOR_TYPE_INT}; }
  static RuntimeParameter number(std::string id) { return {std::move(id), PICTOR_TYPE_FLOAT}; }
  static RuntimeParameter string(std::string id) { return {std::move(id), PICTOR_TYPE_STRING}; }
  static RuntimeParameter choice(std::string id) { return {std::move(id), PICTOR_TYPE_ENUM}; }
  static RuntimeParameter path(std::string id) { return {std::move(id), PICTOR_TYPE_PATH}; }
  static RuntimeParameter secret(std::string id) { return {std::move(id), PICTOR_TYPE_SECRET}; }
  static RuntimeParameter json(std::string id) { return {std::move(id), PICTOR_TYPE_JSON}; }
  static RuntimeParameter image(std::string id) { return {std::move(id), PICTOR_TYPE_IMAGE}; }
  static RuntimeParameter image_list(std::string id) {
    return {std::move(id), PICTOR_TYPE_IMAGE_LIST};
  }
  static RuntimeParameter string_list(std::string id) {
    return {std::move(id), PICTOR_TYPE_STRING_LIST};
  }
  static RuntimeParameter number_list(std::string id) {
    return {std::move(id), PICTOR_TYPE_NUMBER_LIST};
  }

  RuntimeParameter &load() { return scope = PICTOR_SCOPE_LOAD, *this; }
  RuntimeParameter &doc(std::string text) { return doc_text = std::move(text), *this; }
  RuntimeParameter &unit(std::string text) { return unit_text = std::move(text), *this; }
  RuntimeParameter &env(std::string name) { return env_name = std::move(name), *this; }
  RuntimeParameter &alias(std::string name) {
    return alias_names.push_back(std::move(name)), *this;
  }
  RuntimeParameter &default_value(Value value) {
    return has_default = true, default_ = std::move(value), *this;
  }
  RuntimeParameter &minimum(double value) { return flag(PICTOR_PARAM_HAS_MIN), min = value, *this; }
  RuntimeParameter &maximum(double value) { return flag(PICTOR_PARAM_HAS_MAX), max = value, *this; }
  RuntimeParameter &above(double value) {
    return flag(PICTOR_PARAM_HAS_MIN | PICTOR_PARAM_EXCLUSIVE_MIN), min = value, *this;
  }
  RuntimeParameter &below(double value) {
    return flag(PICTOR_PARAM_HAS_MAX | PICTOR_PARAM_EXCLUSIVE_MAX), max = value, *this;
  }
  RuntimeParameter &range(double low, double high) { return minimum(low).maximum(high); }
  RuntimeParameter &multiple_of(double value) { return step = value, *this; }
  RuntimeParameter &option(std::string value, std::string label = {},
                           std::vector<std::string> aliases = {}) {
    options.push_back({std::move(value), std::move(label), std::move(aliases)});
    return *this;
  }
  // The options are hints: other text reaches the model too.
  RuntimeParameter &open() { return flag(PICTOR_PARAM_OPEN_ENUM); }
  RuntimeParameter &required() { return flag(PICTOR_PARAM_REQUIRED); }
  RuntimeParameter &advanced() { return flag(PICTOR_PARAM_ADVANCED); }
  RuntimeParameter &deprecated() { return flag(PICTOR_PARAM_DEPRECATED); }
  RuntimeParameter &affects_cost() { return flag(PICTOR_PARAM_AFFECTS_COST); }
  RuntimeParameter &limit_key() { return flag(PICTOR_PARAM_LIMIT_KEY); }
  // How the work is done, not what is drawn: may change between runs of one job.
  RuntimeParameter &same_pixels() { return flag(PICTOR_PARAM_SAME_PIXELS); }
  // Load scope: a path, which comes absolute, or a name of something, which comes as it is.
  RuntimeParameter &path_or_name() { return flag(PICTOR_PARAM_PATH_OR_NAME); }
  RuntimeParameter &max_bytes(std::uint64_t value) { return bytes_limit = value, *this; }

  struct Option {
    std::string value, label;
    std::vector<std::string> aliases;
  };
  std::string id;
  pictor_type type;
  pictor_scope scope = PICTOR_SCOPE_REQUEST;
  std::uint32_t flags = 0;
  std::string doc_text, unit_text, env_name;
  std::vector<std::string> alias_names;
  bool has_default = false;
  Value default_;
  double min = 0, max = 0, step = 0;
  std::vector<Option> options;
  std::uint64_t bytes_limit = 0;

 private:
  RuntimeParameter(std::string name, pictor_type kind) : id(std::move(name)), type(kind) {}
  RuntimeParameter &flag(std::uint32_t bits) { return flags |= bits, *this; }
};

// Values by parameter id, checked by the host against the declarations: every parameter that has a
// value is here, defaults included.
class Params {
 public:
  bool has(std::string_view id) const { return values_.find(id) != values_.end(); }

  // The value, as bool, an integer type, double, std::string, std::vector<double>,
  // std::vector<std::string>, ImageInput or std::vector<ImageInput>. Throws Error(internal) when
  // there is none or it is of another type: a mistake of the plugin.
  template <typename T>
  T get(std::string_view id) const {
    const auto found = values_.find(id);
    if (found == values_.end()) {
      throw Error(Status::internal, "parameter '" + std::string(id) +
                                        "' has no value: declare a default, or ask has() first");
    }
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      return static_cast<T>(typed<std::int64_t>(id, found->second));
    } else {
      return typed<T>(id, found->second);
    }
  }
  template <typename T>
  T get(std::string_view id, T fallback) const {
    return has(id) ? get<T>(id) : std::move(fallback);
  }

  Params &set(std::string id, Value value) {
    return values_.insert_or_assign(std::move(id), std::move(value)), *this;
  }

  const std::map<std::string, Value, std::less<>> &values() const { return values_; }

  // The defaults of the declarations of one scope with `given` laid over them. Throws
  // Error(invalid_argument) for a name that none declares.
  static Params complete(const std::vector<RuntimeParameter> &declared, pictor_scope scope,
                         const Params &given) {
    Params all;
    for (const RuntimeParameter &parameter : declared) {
      if (parameter.scope == scope && parameter.has_default) {
        all.set(parameter.id, parameter.default_);
      }
    }
    for (const auto &[id, value] : given.values()) {
      bool known = false;
      for (const RuntimeParameter &parameter : declared) {
        known = known || (parameter.scope == scope && parameter.id == id);
      }
      if (!known) throw Error(Status::invalid_argument, "no parameter '" + id + "'").parameter(id);
      all.set(id, value);
    }
    return all;
  }

 private:
  template <typename T>
  static const T &typed(std::string_view id, const Value &value) {
    if (const T *held = std::get_if<T>(&value)) return *held;
    throw Error(Status::internal, "parameter '" + std::string(id) + "' is of another type");
  }

  std::map<std::string, Value, std::less<>> values_;
};

// What a model tells about itself before anything is created; see also capacity().
struct ModelInfo {
  std::string id;  // [a-z0-9._-]+
  std::string label;
  std::string doc;
  std::vector<std::string> features = {"text-to-image"};
  std::uint32_t max_batch = 1;        // requests in one generate(); 0: any
  std::uint32_t max_concurrency = 1;  // calls at once; 0: any
  bool deterministic = false;         // same request, seed and device: same pixels
  bool billed = false;                // a request may cost money
  bool needs_network = false;
  bool needs_gpu = false;
  bool prefers_isolation = false;
  bool ignores_seed = false;
  // Requests in flight outlive the process through their checkpoints: when a run is interrupted
  // they are cancelled at once, and handed back with their checkpoints by the next.
  bool parks = false;
  // Requests worth having in flight when the user does not say; 0: the host's own number.
  std::uint32_t wanted_concurrency = 0;
};

}  // namespace v1
}  // namespace pictor
