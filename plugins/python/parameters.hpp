#pragma once

#include <pictor/parameter.hpp>

#include <vector>

namespace pictor::python {

// Load scope: which class, and how it is made. Request scope: what its function is given, under
// their own names, and `kwargs` for all others.
std::vector<RuntimeParameter> parameters();

}  // namespace pictor::python
