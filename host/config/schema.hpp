#pragma once

#include "base/json.hpp"
#include "base/parameter.hpp"

#include <string>
#include <vector>

namespace pictor::host {

// One model that a job file may name, for completion and checks in editors.
struct SchemaModel {
  std::string plugin;      // its plugin's id
  std::string model_id;    // its own
  bool is_default = true;  // the one that the plugin's id alone means
  std::string label;
  std::vector<ParameterSpec> specs;
};

// The JSON Schema (draft 2020-12) of job files: the table of keys, and for entries under `models`
// that name one of these plugins, its parameters. Keys that are not yet built are left out. A value
// may be a ${NAME} everywhere.
Json config_schema(const std::vector<SchemaModel> &models);

// The schema of one parameter's values.
Json value_schema(const ParameterSpec &spec);

}  // namespace pictor::host
