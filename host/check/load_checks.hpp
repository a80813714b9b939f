#pragma once

#include "check/check.hpp"

namespace pictor::host::check {

void load_table(Context &context);
void load_extensions(Context &context);
void load_process_state(Context &context);
void load_silent(Context &context);
void load_host_end(Context &context);
void load_host_grown(Context &context);

}  // namespace pictor::host::check
