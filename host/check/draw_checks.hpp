#pragma once

#include "check/check.hpp"

namespace pictor::host::check {

void draw_picture(Context &context);
void draw_terminal(Context &context);
void draw_pixels(Context &context);
void draw_seeds(Context &context);
void draw_progress(Context &context);
void draw_cancel(Context &context);
void draw_prompts(Context &context);
void draw_extremes(Context &context);
void draw_batch(Context &context);
void draw_request_end(Context &context);
void draw_request_grown(Context &context);
void draw_refused_picture(Context &context);
void draw_memory(Context &context);
void draw_provider(Context &context);

}  // namespace pictor::host::check
