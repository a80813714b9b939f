#pragma once

#include "plan/job.hpp"

namespace pictor::host {

// Throws Error when job.output.name has a field that is neither one of every sample's nor a column
// of the prompt file nor a parameter of a model.
void check_name_fields(const PreparedJob &job);

}  // namespace pictor::host
