#pragma once

#include "config/keys.hpp"
#include "config/written.hpp"
#include "config/yaml.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// The fields of one map of the job file, checked against its section: unknown keys first, with a
// guess, then keys of a later release, then missing ones. Throws Error at the place.
class Fields {
 public:
  // Both are kept by reference.
  Fields(const YamlNode &node, const Section &section);

  // The node under a key; null when it is not there or has no value.
  const YamlNode *find(std::string_view key) const;
  // Its place; the map's when the key is not there.
  const Place &place(std::string_view key) const;

  // The value under a key of the form `value`, checked.
  std::optional<Json> value(std::string_view key) const;
  // Into `target`, which keeps its value when the key is not there.
  template <class Value>
  void read(std::string_view key, Value &target) const {
    if (const std::optional<Json> found = value(key)) target = found->get<Value>();
  }

  // Of an open section: the entries that are no keys of it. Those without a value are left out:
  // they mean the default.
  std::vector<WrittenParameter> parameters() const;

 private:
  void refuse_unknown() const;
  void refuse_later() const;
  void require_all() const;

  const YamlNode &node_;
  const Section &section_;
};

}  // namespace pictor::host
