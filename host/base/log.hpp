#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

namespace pictor::host {

enum class LogLevel { debug, info, warning, error, off };

// The level of the terminal for a count of -v minus a count of -q: 0 shows warnings and errors, 1
// info, 2 debug, -1 errors only, less nothing.
LogLevel log_level_for(int verbosity);

// What the terminal gets from now on. At start: warnings and errors, on stderr.
void set_log_level(LogLevel level);

// Adds a file that gets every line from info on (debug too when the terminal does), with time and
// thread; an existing file is continued, an earlier log file is left. Throws Error when it cannot
// be opened.
void log_to_file(const std::filesystem::path &path);

// Who prints the terminal's lines (without line end), so that a progress bar can step aside; an
// empty function gives them back to stderr. It is called under the log's lock: it must not log.
using LogPrinter = std::function<void(std::string_view line)>;
void set_log_printer(LogPrinter printer);

// Whether a message of this level is kept anywhere.
bool log_enabled(LogLevel level);

// One message. `source` names who speaks ("run", "plugin openai"); control characters in either
// are made visible, so foreign text is safe to pass. Works from any thread, also while the process
// ends, and never throws.
void log(LogLevel level, std::string_view source, std::string_view message) noexcept;

// The same for the log file alone, whatever the terminal shows; nothing without one.
void log_in_file(LogLevel level, std::string_view source, std::string_view message) noexcept;

}  // namespace pictor::host
