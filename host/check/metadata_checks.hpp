#pragma once

#include "check/check.hpp"

namespace pictor::host::check {

void metadata_texts(Context &context);
void metadata_edges(Context &context);
void metadata_stable(Context &context);
void metadata_specs(Context &context);

}  // namespace pictor::host::check
