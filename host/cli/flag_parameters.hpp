#pragma once

#include "base/parameter.hpp"
#include "config/config.hpp"

#include <string>
#include <vector>

namespace pictor::host {

// A parameter given on the command line, by the flag that errors should name.
struct FlagParameter {
  std::string flag;  // "--steps"
  std::string name;  // "num_inference_steps"
  std::string value;
};

// Lays flags over a model's entry: each goes to the scope that `specs` give its name and replaces
// what stood there. A name that no spec has goes with the request's, where checking it names the
// nearest. Values are read as --param reads them.
void lay_over(ModelConfig &model, const std::vector<ParameterSpec> &specs,
              const std::vector<FlagParameter> &flags);

}  // namespace pictor::host
