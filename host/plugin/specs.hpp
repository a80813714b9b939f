#pragma once

#include "base/parameter.hpp"
#include <pictor/abi.h>

#include <string_view>

namespace pictor::host {

// One of a plugin's parameter declarations, checked: types of well-known names, bounds, defaults,
// choices. Throws ContractFault; `where` names the declaration until its id is known.
ParameterSpec read_spec(const pictor_param_spec *spec, std::string_view where);

}  // namespace pictor::host
