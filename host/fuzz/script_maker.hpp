#pragma once

#include "check/check.hpp"
#include "fuzz/script.hpp"
#include "plugin/plugin_table.hpp"

#include <vector>

namespace pictor::host::fuzz {

// The script of a seed for a plugin with these models: the same for the same seed and models.
Script make_script(std::uint64_t seed, const std::vector<ModelDescription> &models,
                   const check::Subject &subject);

}  // namespace pictor::host::fuzz
