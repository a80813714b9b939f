#include "check/findings.hpp"

#include "base/escape.hpp"

#include <unistd.h>

#include <cerrno>

namespace pictor::host::check {

namespace {

constexpr std::size_t longest = 2000;

}  // namespace

void Findings::tell(char kind, std::string_view text) noexcept {
  try {
    std::string line = std::string{kind, ' '} + terminal_safe(text.substr(0, longest)) + '\n';
    const std::lock_guard lock(mutex_);
    for (std::string_view rest = line; !rest.empty();) {
      const auto written = write(descriptor_, rest.data(), rest.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return;  // nobody listens any more
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  } catch (...) {
    return;  // no memory for the line
  }
}

}  // namespace pictor::host::check
