#pragma once

#include "base/parameter.hpp"
#include "config/config.hpp"

#include <set>
#include <string>
#include <vector>

namespace pictor::host {

// The parameters of one scope of one model, settled: plugin's default, then the spec's environment
// variable, then what was written, then --param.
struct SettledParameters {
  Parameters values;
  std::set<std::string> pinned;      // given with --param: they win over a row's columns
  std::vector<std::string> missing;  // request scope: required, and left to the rows
};

// Checks what `model` has written for that scope. Throws Error at its place: an unknown name (with
// the nearest one), a parameter of the other scope or a setting of the job, one given twice, a
// wrong value, a required load parameter that is missing.
//
// Relative paths become absolute against the folder of the file they stand in, or the current one
// for a flag, environment variable or default. So does a `model` of type string in load scope that
// begins with ./, ../ or /, or names something that exists there: it may be a folder of weights or
// a name at a hub.
SettledParameters settle_parameters(const std::vector<ParameterSpec> &specs, ParameterScope scope,
                                    const ModelConfig &model);

// What is asked of a model: its own values with a row's laid over, but for those that --param pins.
Parameters laid_over(Parameters values, const Parameters &row, const std::set<std::string> &pinned);

// The model's entry with the paths in it absolute, as settle_parameters made them: for the resolved
// job, which may be read from another folder.
ModelConfig with_absolute_paths(ModelConfig model, const std::vector<ParameterSpec> &specs,
                                const Parameters &load);

}  // namespace pictor::host
