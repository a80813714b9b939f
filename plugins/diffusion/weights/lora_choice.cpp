#include "weights/lora_choice.hpp"

#include "error.hpp"
#include "weights/json_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace pictor::diffusion {
namespace {

using nlohmann::json;

[[noreturn]] void fail(const std::string &parameter, const std::string &what) {
  throw Error{ErrorKind::invalid_argument, parameter + ": " + what, parameter};
}

json parse(const std::string &parameter, const std::string &text) {
  try {
    return parse_json(text, parameter);
  } catch (const Error &error) {
    throw Error{error.kind(), error.what(), parameter};
  }
}

double read_weight(const std::string &parameter, const std::string &name, const json &value) {
  constexpr double kLargest = 100;  // far beyond any use; so that no number overflows
  if (!value.is_number() || !(std::abs(value.get<double>()) <= kLargest)) {
    fail(parameter, "the weight of '" + name + "' must be a number from -100 to 100, not " +
                        value.dump(-1, ' ', true, json::error_handler_t::replace));
  }
  return value.get<double>();
}

std::string text_of(const json &item, const char *key, const std::string &place) {
  const auto found = item.find(key);
  if (found == item.end()) return "";
  if (!found->is_string() || found->get_ref<const std::string &>().empty()) {
    fail("loras", place + ": '" + key + "' must be a text");
  }
  return found->get<std::string>();
}

LoraSource read_lora(const json &given, const std::string &place) {
  const json item = given.is_string() ? json{{"path", given}} : given;
  if (!item.is_object()) fail("loras", place + " must be a path, or a map with a path");
  for (const auto &[key, value] : item.items()) {
    if (key == "path" || key == "name" || key == "weight" || key == "scale") continue;
    fail("loras", place + " has no '" + key + "'; known are path, name and weight");
  }
  const std::string path = text_of(item, "path", place);
  if (path.empty()) fail("loras", place + " needs a 'path'");
  LoraSource lora;
  lora.path = path;
  lora.name = text_of(item, "name", place);
  if (lora.name.empty()) lora.name = std::filesystem::path{path}.stem().string();
  if (item.contains("weight") && item.contains("scale")) {
    fail("loras", place + " has both 'weight' and 'scale', which are one");
  }
  for (const char *key : {"weight", "scale"}) {
    if (item.contains(key)) lora.weight = read_weight("loras", lora.name, item.at(key));
  }
  return lora;
}

}  // namespace

std::vector<LoraSource> read_loras(const std::string &text) {
  const json list = parse("loras", text);
  if (!list.is_array()) fail("loras", "must be a list, such as [{path: style.safetensors}]");
  std::vector<LoraSource> loras;
  for (const json &item : list) {
    LoraSource lora = read_lora(item, "item " + std::to_string(loras.size() + 1));
    for (const LoraSource &other : loras) {
      if (other.name != lora.name) continue;
      fail("loras", "two are called '" + lora.name + "'; give each a 'name' of its own");
    }
    loras.push_back(std::move(lora));
  }
  return loras;
}

std::vector<LoraSource> with_weights(std::vector<LoraSource> loras, const std::string &text) {
  const json weights = parse("lora_weights", text);
  if (!weights.is_object()) fail("lora_weights", "must be a map, such as {style: 0.8}");
  for (const auto &item : weights.items()) {
    const std::string &name = item.key();
    const auto lora = std::find_if(loras.begin(), loras.end(),
                                   [&](const LoraSource &one) { return one.name == name; });
    if (lora == loras.end()) {
      std::string known;
      for (const LoraSource &one : loras) known += (known.empty() ? "" : ", ") + one.name;
      fail("lora_weights",
           "no LoRA is called '" + name + "'; " +
               (known.empty() ? "the model was loaded without 'loras'" : "'loras' names " + known));
    }
    lora->weight = read_weight("lora_weights", name, item.value());
  }
  return loras;
}

bool same_loras(const std::vector<LoraSource> &a, const std::vector<LoraSource> &b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const LoraSource &one, const LoraSource &other) {
                      return one.path == other.path && one.weight == other.weight;
                    });
}

bool has_smaller_weights(const std::vector<LoraSource> &a, const std::vector<LoraSource> &b) {
  return std::lexicographical_compare(
      a.begin(), a.end(), b.begin(), b.end(),
      [](const LoraSource &one, const LoraSource &other) { return one.weight < other.weight; });
}

}  // namespace pictor::diffusion
