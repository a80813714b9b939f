#include "base/log.hpp"

#include "base/error.hpp"
#include "base/escape.hpp"

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

namespace pictor::host {

namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

void print_to_stderr(std::string_view line) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

// The lock is Log's: one lock keeps terminal and file in the same order.
class TerminalSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  TerminalSink() { set_pattern("%l: %v"); }
  void print_with(LogPrinter printer) { printer_ = std::move(printer); }

 private:
  void sink_it_(const spdlog::details::log_msg &message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view text(line.data(), line.size());
    while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    printer_ ? printer_(text) : print_to_stderr(text);
  }
  void flush_() override {}

  LogPrinter printer_;
};

struct Log {
  std::mutex mutex;
  std::shared_ptr<TerminalSink> terminal = std::make_shared<TerminalSink>();
  std::shared_ptr<spdlog::sinks::sink> file;
  spdlog::logger logger{"pictor", terminal};

  Log() { show_from(spdlog::level::warn); }

  // The file sees at least what the terminal shows.
  void show_from(spdlog::level::level_enum level) {
    terminal->set_level(level);
    if (file) level = std::min(level, spdlog::level::info);
    if (file) file->set_level(level);
    logger.set_level(level);
  }
};

// Never destroyed: static destructors of plugins run after main and may still log.
Log &the_log() {
  static Log *const instance = new Log;
  return *instance;
}

}  // namespace

LogLevel log_level_for(int verbosity) {
  if (verbosity >= 2) return LogLevel::debug;
  if (verbosity == 1) return LogLevel::info;
  if (verbosity == 0) return LogLevel::warning;
  return verbosity == -1 ? LogLevel::error : LogLevel::off;
}

void set_log_level(LogLevel level) {
  Log &log = the_log();
  const std::lock_guard lock(log.mutex);
  log.show_from(to_spdlog(level));
}

void log_to_file(const std::filesystem::path &path) {
  Log &log = the_log();
  const std::lock_guard lock(log.mutex);
  try {
    log.file = std::make_shared<spdlog::sinks::basic_file_sink_st>(path.string());
  } catch (const spdlog::spdlog_ex &failure) {
    throw Error("cannot write the log file: " + terminal_safe(failure.what()),
                "choose another --log-file");
  }
  log.file->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %L [%t] %v");
  log.logger.sinks() = {log.terminal, log.file};
  log.logger.flush_on(spdlog::level::debug);
  log.show_from(log.terminal->level());
}

void set_log_printer(LogPrinter printer) {
  Log &log = the_log();
  const std::lock_guard lock(log.mutex);
  log.terminal->print_with(std::move(printer));
}

bool log_enabled(LogLevel level) {
  return the_log().logger.should_log(to_spdlog(level));
}

void log(LogLevel level, std::string_view source, std::string_view message) noexcept {
  if (level == LogLevel::off || !log_enabled(level)) return;
  try {
    const std::string line = terminal_safe(source) + ": " + terminal_safe(message);
    const std::lock_guard lock(the_log().mutex);
    the_log().logger.log(to_spdlog(level), line);
  } catch (...) {
    // A message that cannot be made or written has nowhere else to go.
    return;
  }
}

void log_in_file(LogLevel level, std::string_view source, std::string_view message) noexcept {
  try {
    const std::string line = terminal_safe(source) + ": " + terminal_safe(message);
    Log &log = the_log();
    const std::lock_guard lock(log.mutex);
    if (!log.file || !log.file->should_log(to_spdlog(level))) return;
    log.file->log(spdlog::details::log_msg(log.logger.name(), to_spdlog(level), line));
    log.file->flush();
  } catch (...) {
    return;
  }
}

}  // namespace pictor::host
