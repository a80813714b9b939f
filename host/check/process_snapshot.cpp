#include "check/process_snapshot.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cfenv>
#include <clocale>
#include <exception>
#include <filesystem>
#include <iterator>
#include <system_error>

extern char **environ;

namespace pictor::host::check {

namespace {

namespace fs = std::filesystem;

// The standard signals; the others are the C library's and an author's own.
constexpr int last_signal = 31;

std::string handling_of(int number) {
  struct sigaction action {};
  if (sigaction(number, nullptr, &action) != 0) return {};
  return fmt::format("{} {}", reinterpret_cast<void *>(action.sa_handler), action.sa_flags);
}

// Rounding and the treatment of denormals, without the exceptions raised so far.
std::string arithmetic() {
  std::string text = fmt::format("{}", std::fegetround());
#if defined(__x86_64__)
  std::fenv_t state;
  std::fegetenv(&state);
  constexpr unsigned exception_flags = 0x3f;
  text += fmt::format(" {:x} {:x}", state.__mxcsr & ~exception_flags, state.__control_word);
#endif
  return text;
}

std::string current_umask() {
  const mode_t mask = umask(0);
  umask(mask);
  return fmt::format("{:o}", mask);
}

std::string current_environment() {
  std::string all;
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    all.append(*entry).append("\n");
  }
  return all;
}

std::string blocked_signals() {
  sigset_t blocked;
  sigprocmask(SIG_BLOCK, nullptr, &blocked);
  std::string all;
  for (int number = 1; number <= last_signal; ++number) {
    if (sigismember(&blocked, number) == 1) all += fmt::format("{} ", number);
  }
  return all;
}

std::size_t count_entries(const char *folder) {
  std::error_code failed;
  const fs::directory_iterator entries(folder, failed);
  return failed ? 0 : static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

}  // namespace

ProcessSnapshot ProcessSnapshot::now() {
  ProcessSnapshot snapshot;
  auto &parts = snapshot.parts_;
  for (int number = 1; number <= last_signal; ++number) {
    parts.push_back({fmt::format("the handling of {} (signal {})", strsignal(number), number),
                     handling_of(number)});
  }
  const char *locale = std::setlocale(LC_ALL, nullptr);
  std::error_code failed;
  parts.push_back({"the blocked signals", blocked_signals()});
  parts.push_back(
      {"the terminate handler", fmt::format("{}", reinterpret_cast<void *>(std::get_terminate()))});
  parts.push_back({"the locale", locale == nullptr ? "" : locale});
  parts.push_back({"the working directory", fs::current_path(failed).string()});
  parts.push_back({"the umask", current_umask()});
  parts.push_back({"the environment", current_environment()});
  parts.push_back({"the floating-point environment", arithmetic()});
  return snapshot;
}

std::vector<std::string> ProcessSnapshot::differences(const ProcessSnapshot &other) const {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].value != other.parts_[i].value) names.push_back(parts_[i].name);
  }
  return names;
}

std::size_t count_threads() {
  return count_entries("/proc/self/task");
}
std::size_t count_descriptors() {
  return count_entries("/proc/self/fd");
}

}  // namespace pictor::host::check
