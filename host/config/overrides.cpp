#include "config/overrides.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/nearest_name.hpp"
#include "config/keys.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

Place flag_place(const Override &override) {
  return {std::make_shared<const Source>("--param " + override.path, ""), 0, 0, 1};
}

[[noreturn]] void fail(const Override &override, const std::string &message, std::string hint) {
  throw Error(point_at(flag_place(override), message), std::move(hint));
}

void set_place(YamlNode &node, const Place &place) {
  node.place = place;
  for (YamlNode &item : node.items) set_place(item, place);
  for (YamlEntry &entry : node.entries) {
    set_place(entry.key, place);
    set_place(entry.value, place);
  }
}

YamlNode value_of(const Override &override) {
  const Place place = flag_place(override);
  if (first_invalid_utf8(override.value) != std::string::npos) {
    fail(override, "the value is not UTF-8", "check the terminal's encoding");
  }
  const bool is_yaml = !override.value.empty() &&
                       std::string_view("[{\"'").find(override.value[0]) != std::string_view::npos;
  YamlNode node = YamlNode::make(YamlNode::Kind::scalar, {}, override.value, true);
  if (is_yaml) {
    node = parse_yaml(std::make_shared<const Source>(place.source->name(), override.value));
  }
  set_place(node, place);
  return node;
}

YamlNode *find_in(YamlNode &map, std::string_view key) {
  return const_cast<YamlNode *>(std::as_const(map).find(key));
}

// The map under a key, made when the file is silent about it.
YamlNode &section_under(YamlNode &map, const std::string &key, const Override &override) {
  YamlNode *found = find_in(map, key);
  if (found == nullptr) {
    YamlNode name = YamlNode::make(YamlNode::Kind::scalar, flag_place(override), key);
    YamlNode empty = YamlNode::make(YamlNode::Kind::map, flag_place(override));
    map.entries.push_back({std::move(name), std::move(empty)});
    return map.entries.back().value;
  }
  if (found->kind == YamlNode::Kind::null) found->kind = YamlNode::Kind::map;
  if (found->kind != YamlNode::Kind::map) {
    throw Error(point_at(found->place, key + " must be a map of keys and values"));
  }
  return *found;
}

// The first part of a dotted path, which is shortened by it.
std::string take_part(std::string_view &path) {
  const std::size_t dot = std::min(path.find('.'), path.size());
  std::string part(path.substr(0, dot));
  path.remove_prefix(std::min(dot + 1, path.size()));
  return part;
}

YamlNode &named_entry(YamlNode &map, const std::string &name, const Override &override) {
  if (YamlNode *found = find_in(map, name); found != nullptr) {
    if (found->kind == YamlNode::Kind::map) return *found;
    throw Error(point_at(found->place, name + " must be a map of keys and values"));
  }
  std::vector<std::string> names;
  for (const YamlEntry &entry : map.entries) names.push_back(entry.key.text);
  fail(override, fmt::format("there is no model '{}'{}", name, did_you_mean(name, names)),
       fmt::format("the file has: {}", fmt::join(names, ", ")));
}

void set(YamlNode &map, std::string_view key, const Override &override) {
  YamlNode value = value_of(override);
  YamlNode name = YamlNode::make(YamlNode::Kind::scalar, flag_place(override), std::string(key));
  const auto same = [&](const YamlEntry &entry) { return entry.key.text == key; };
  const auto found = std::find_if(map.entries.begin(), map.entries.end(), same);
  if (found == map.entries.end()) {
    map.entries.push_back({std::move(name), std::move(value)});
  } else {
    *found = {std::move(name), std::move(value)};
  }
}

}  // namespace

void apply_override(YamlNode &root, const Override &override) {
  const std::string form = "write --param models.NAME.KEY=VALUE or --param job.KEY=VALUE";
  if (first_invalid_utf8(override.path) != std::string::npos) fail(override, "not UTF-8", form);
  YamlNode *map = &root;
  const Section *section = &job_file_keys();
  std::string_view path = override.path;
  while (map->kind == YamlNode::Kind::map) {
    const std::string_view whole = path;
    const std::string part = take_part(path);
    const Key *key = section->find(part);
    if (key == nullptr || path.empty() || key->section == nullptr) {
      const bool known = key != nullptr && (path.empty() || key->section == nullptr);
      if (whole.empty() || (!known && !section->open)) {
        fail(override,
             fmt::format("there is no key '{}'{}", whole, did_you_mean(part, section->names())),
             form);
      }
      if (key != nullptr && !path.empty()) fail(override, part + " has no keys of its own", form);
      return set(*map, whole, override);
    }
    map = &section_under(*map, part, override);
    section = key->section;
    if (key->form == Key::Form::sections) map = &named_entry(*map, take_part(path), override);
  }
}

}  // namespace pictor::host
