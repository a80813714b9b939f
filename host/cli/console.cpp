#include "cli/console.hpp"

#include "base/escape.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace pictor::host {
namespace {

bool wants_color(const GlobalOptions &options) {
  const char *no_color = std::getenv("NO_COLOR");
  const char *terminal = std::getenv("TERM");
  if (options.no_color || (no_color != nullptr && *no_color != '\0')) return false;
  return isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::strcmp(terminal, "dumb") != 0;
}

// Messages have lines of their own (the place in a file, a caret below it); every line is made
// safe, the ends of the lines stay.
std::string safe_lines(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t end = text.find('\n');
    result += terminal_safe(text.substr(0, end));
    if (end == std::string_view::npos) return result;
    result += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string dumped(const Json &value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

Console::Console(const GlobalOptions &options) : options_(options), color_(wants_color(options)) {}

void Console::data(std::string_view bytes) {
  if (reader_left_) return;
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) check_stdout();
}

void Console::line(std::string_view text) {
  data(text);
  data("\n");
}

void Console::document(const Json &value) {
  data(dumped(value, 2));
}

void Console::event(const Json &value) {
  data(dumped(value, -1));
  flush();
}

void Console::note(std::string_view text) {
  if (!quiet()) fmt::print(stderr, "{}\n", safe_lines(text));
}

void Console::report(const Error &error) noexcept {
  try {
    fmt::print(stderr, "{}pictor:{} {}\n", color_ ? "\x1b[1;31m" : "", color_ ? "\x1b[0m" : "",
               safe_lines(error.what()));
    if (!error.hint().empty()) {
      fmt::print(stderr, "  {}hint:{} {}\n", color_ ? "\x1b[36m" : "", color_ ? "\x1b[0m" : "",
                 safe_lines(error.hint()));
    }
    if (json()) {
      event({{"event", "error"},
             {"message", error.what()},
             {"hint", error.hint()},
             {"exit_code", static_cast<int>(error.code())}});
    }
  } catch (...) {
    // stderr or stdout is gone too: the exit code alone is left to tell.
  }
}

void Console::flush() {
  if (!reader_left_ && std::fflush(stdout) != 0) check_stdout();
}

void Console::check_stdout() {
  const int reason = errno;
  if (reason == EPIPE) {
    reader_left_ = true;
    return;
  }
  throw Error(fmt::format("cannot write to standard output: {}", std::strerror(reason)),
              "free some space, or send it elsewhere", ExitCode::internal);
}

}  // namespace pictor::host
