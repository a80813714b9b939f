#pragma once

#include "base/parameter.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

struct Section;

// One key of the job file. The table of keys drives reading, error messages, --param paths and the
// JSON Schema: to add a key, add it here and read it in parse.cpp.
struct Key {
  enum class Form {
    value,     // a scalar or list that `spec` describes
    section,   // a map with the keys of `section`
    sections,  // a map from the user's names to such maps
    either,    // a scalar that `spec` describes, or a map with the keys of `section`
    free,      // read by code of its own; `spec` gives the doc
  };
  ParameterSpec spec;
  Form form = Form::value;
  const Section *section = nullptr;
  bool later = false;  // known, refused as not yet built
};

struct Section {
  std::string noun;  // "job": as in "unknown job key"
  std::vector<Key> keys;
  bool open = false;  // other keys are parameters

  const Key *find(std::string_view id) const;
  std::vector<std::string> names() const;
};

// The keys of the whole file.
const Section &job_file_keys();

// The version that `pictor:` must name.
inline constexpr int job_file_version = 1;

}  // namespace pictor::host
