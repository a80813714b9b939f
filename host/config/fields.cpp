#include "config/fields.hpp"

#include "base/error.hpp"
#include "base/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

[[noreturn]] void refuse_as_later(const Place &place, const std::string &what) {
  throw Error(point_at(place, what + " is not built yet"),
              "remove it; a later release of pictor will know it");
}

// "job key", or "key" at the top.
std::string key_of(const Section &section) {
  return section.noun.empty() ? "key" : section.noun + " key";
}

}  // namespace

Fields::Fields(const YamlNode &node, const Section &section) : node_(node), section_(section) {
  if (node.kind != YamlNode::Kind::map) {
    const std::string what = section.noun.empty() ? "the file" : section.noun;
    throw Error(point_at(node.place, what + " must be a map of keys and values"),
                "write one 'key: value' a line");
  }
  refuse_unknown();
  refuse_later();
  require_all();
}

void Fields::refuse_unknown() const {
  if (section_.open) return;
  for (const YamlEntry &entry : node_.entries) {
    if (section_.find(entry.key.text) != nullptr) continue;
    throw Error(
        point_at(entry.key.place, fmt::format("unknown {} '{}'{}", key_of(section_), entry.key.text,
                                              did_you_mean(entry.key.text, section_.names()))));
  }
}

void Fields::refuse_later() const {
  for (const YamlEntry &entry : node_.entries) {
    const Key *key = section_.find(entry.key.text);
    if (key != nullptr && key->later) {
      refuse_as_later(entry.key.place, fmt::format("the {} '{}'", key_of(section_), key->spec.id));
    }
  }
}

void Fields::require_all() const {
  for (const Key &key : section_.keys) {
    if (!key.spec.required || find(key.spec.id) != nullptr) continue;
    // In an open section a misspelt key passes as a parameter until here.
    for (const YamlEntry &entry : node_.entries) {
      if (section_.find(entry.key.text) != nullptr) continue;
      if (nearest_name(entry.key.text, {key.spec.id}).empty()) continue;
      throw Error(
          point_at(entry.key.place, fmt::format("unknown {} '{}'; did you mean '{}'?",
                                                key_of(section_), entry.key.text, key.spec.id)));
    }
    throw Error(
        point_at(place(key.spec.id),
                 section_.noun.empty() ? fmt::format("the file needs '{}'", key.spec.id)
                                       : fmt::format("{} needs '{}'", section_.noun, key.spec.id)),
        key.spec.doc);
  }
}

const YamlNode *Fields::find(std::string_view key) const {
  const YamlNode *node = node_.find(key);
  return node != nullptr && node->kind != YamlNode::Kind::null ? node : nullptr;
}

const Place &Fields::place(std::string_view key) const {
  const YamlNode *node = node_.find(key);
  return node == nullptr ? node_.place : node->place;
}

std::optional<Json> Fields::value(std::string_view id) const {
  const YamlNode *node = find(id);
  const Key *key = section_.find(id);
  if (node == nullptr || key == nullptr) return std::nullopt;
  return check_written(key->spec, written_parameter(YamlNode{}, *node));
}

std::vector<WrittenParameter> Fields::parameters() const {
  std::vector<WrittenParameter> written;
  for (const YamlEntry &entry : node_.entries) {
    if (section_.find(entry.key.text) != nullptr) continue;
    if (entry.value.kind == YamlNode::Kind::null) continue;
    written.push_back(written_parameter(entry.key, entry.value));
  }
  return written;
}

}  // namespace pictor::host
