#pragma once

#include "plan/prompts.hpp"

namespace pictor::host {

struct PreparedModel;

// What the model itself has against rows, by its plugin's `validate`: what single parameters cannot
// tell. Null for a model that has no opinion. Rows with pictures are not asked about: every file
// would be read for it. Throws Error when the plugin refuses the load parameters.
Objection objection_of(const PreparedModel &model, std::uint32_t num_generations);

}  // namespace pictor::host
