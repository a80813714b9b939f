#pragma once

#include "config/source.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

struct YamlEntry;

// A YAML document as its author wrote it: texts unconverted, every node with its place, aliases
// replaced by what they stand for.
struct YamlNode {
  enum class Kind { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text = {};  // scalar
  bool plain = false;     // scalar without quotes or !!str: may mean a number or a boolean
  Place place = {};
  std::vector<YamlNode> items = {};  // list
  std::vector<YamlEntry> entries;    // map, in the order of writing, no key twice

  static YamlNode make(Kind kind, Place place, std::string text = {}, bool plain = false);
  const YamlNode *find(std::string_view key) const;  // null for a key that is not there
};

struct YamlEntry {
  YamlNode key;  // a scalar
  YamlNode value;
};

// The only user of yaml-cpp. Throws Error at its place for what YAML forbids and for what yaml-cpp
// lets pass or does not bound: duplicate keys, a quote never closed, control characters, a second
// document, tags, merge keys (`<<`), keys that are no text, aliases within themselves, more than 64
// levels or a million nodes. An empty text is a null node.
YamlNode parse_yaml(const std::shared_ptr<const Source> &source);

}  // namespace pictor::host
