#pragma once

#include "config/config.hpp"
#include "config/fields.hpp"
#include "config/keys.hpp"

namespace pictor::host {

// Reads the keys of the job that make several rows of one: variants, draws, wildcards, matrix.
// `fields` are the job's, checked against `section`. Throws Error at the place of a mistake.
void parse_expansion(const Fields &fields, const Section &section, JobConfig &job);

}  // namespace pictor::host
