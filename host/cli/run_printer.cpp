#include "cli/run_printer.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "cli/text_layout.hpp"
#include "run/status_metrics.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <memory>
#include <string>

namespace pictor::host {
namespace {

int terminal_columns() {
  winsize size{};
  const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : static_cast<int>(text_columns);
}

std::unique_ptr<Status> terminal_status(bool color) {
  auto status = std::make_unique<TerminalStatus>(std::cerr, terminal_columns, color);
  set_log_printer(
      [bar = status.get()](std::string_view line) { bar->print_line(std::string(line)); });
  return status;
}

std::unique_ptr<Status> status_for(const Console &console) {
  if (console.json()) return std::make_unique<JsonStatus>(std::cout);
  if (console.quiet()) return std::make_unique<Status>();
  if (isatty(STDERR_FILENO) != 0) return terminal_status(console.color());
  return std::make_unique<PlainStatus>(std::cerr);
}

}  // namespace

RunPrinter::RunPrinter(const Console &console, const RunFiles &files) {
  if (!files.events.empty()) {
    events_.open(files.events, std::ios::app | std::ios::binary);
    if (!events_) throw FileError("write", files.events, errno);
    status_.add(std::make_unique<JsonStatus>(events_));
  }
  if (!files.metrics.empty()) status_.add(std::make_unique<MetricsStatus>(files.metrics));
  if (!console.options().log_file.empty()) status_.add(std::make_unique<LogStatus>());
  status_.add(status_for(console));
}

RunPrinter::~RunPrinter() {
  set_log_printer({});
}

}  // namespace pictor::host
