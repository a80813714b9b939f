#pragma once

#include "base/json.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pictor::host {

// Whether a column of that name is written by us (file_name, text, seed, ...), or would be taken
// for pictures by a reader of image folders (anything_file_name).
bool is_our_column(std::string_view name);

// The columns of the prompt file that are no parameters: they travel to the metadata, each with one
// type for all rows.
class MetadataColumns {
 public:
  // Notes one value. `from_text`: a cell, which counts as a number or boolean where writing it as
  // such loses nothing (7 and 0.5, not 007 and 0.50).
  void observe(const std::string &name, const Json &value, bool from_text);

  // Once, after the last row: settles the names, "row_" before those that are ours.
  void finish();

  // Name in the metadata -> "string", "integer", "number", "boolean" or "json", in order of first
  // sight.
  std::vector<std::pair<std::string, std::string>> columns() const;

  // The name and value as they stand in the metadata. After finish(). [any thread]
  std::string name_of(const std::string &column) const;
  Json value_of(const std::string &column, const Json &value, bool from_text) const;

 private:
  enum class Type { string, integer, number, boolean, json };
  struct Column {
    Type type;
    std::string name;
  };

  static Type type_of(const Json &value);
  static Type union_of(Type a, Type b);
  static std::string_view type_name(Type type);

  std::map<std::string, Column, std::less<>> columns_;
  std::vector<std::string> order_;
};

}  // namespace pictor::host
