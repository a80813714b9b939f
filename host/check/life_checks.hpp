#pragma once

#include "check/check.hpp"

namespace pictor::host::check {

void life_create(Context &context);
void life_order(Context &context);
void life_threads(Context &context);
void life_cancel(Context &context);
void life_refusals(Context &context);
void life_secrets(Context &context);
void life_deinit(Context &context);
void life_exit(Context &context);

}  // namespace pictor::host::check
