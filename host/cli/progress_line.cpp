#include "cli/progress_line.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>

namespace pictor::host {

ProgressLine::ProgressLine(const Console &console)
    : wanted_(!console.quiet() && !console.json() && isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::show(std::string_view text) {
  if (!wanted_) return;
  fmt::print(stderr, "\r\x1b[K{}", shortened(terminal_safe(text), text_columns - 1));
  std::fflush(stderr);
  shown_ = true;
}

void ProgressLine::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace pictor::host
