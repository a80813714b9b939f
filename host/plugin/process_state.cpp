#include "plugin/process_state.hpp"

#include "base/log.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <array>
#include <cfenv>
#include <clocale>
#include <cstring>
#include <exception>
#include <string>

namespace pictor::host {

namespace {

constexpr std::array kept_signals = {SIGINT, SIGTERM, SIGPIPE};

std::string current_locale() {
  const char *name = std::setlocale(LC_ALL, nullptr);
  return name == nullptr ? "" : name;
}

struct sigaction disposition(int signal_number) {
  struct sigaction action {};
  sigaction(signal_number, nullptr, &action);
  return action;
}

// What survives of the comparison after padding and masks: who handles it.
bool same_handler(const struct sigaction &a, const struct sigaction &b) {
  return a.sa_handler == b.sa_handler && a.sa_flags == b.sa_flags;
}

// Bit by bit: fenv_t holds the rounding mode, the exception masks and the denormal flags, and also
// the exceptions raised so far, which do not count.
bool same_arithmetic(std::fenv_t a, std::fenv_t b) {
#if defined(__x86_64__)
  constexpr unsigned exception_flags = 0x3f;
  return (a.__mxcsr & ~exception_flags) == (b.__mxcsr & ~exception_flags) &&
         a.__control_word == b.__control_word;
#else
  return std::memcmp(&a, &b, sizeof a) == 0;
#endif
}

}  // namespace

struct KeptProcessState::State {
  std::fenv_t arithmetic;
  std::string locale = current_locale();
  std::terminate_handler on_terminate = std::get_terminate();
  std::array<struct sigaction, kept_signals.size()> signals{};
};

KeptProcessState::KeptProcessState(std::string_view culprit)
    : state_(std::make_unique<State>()), culprit_(culprit) {
  std::fegetenv(&state_->arithmetic);
  for (std::size_t i = 0; i < kept_signals.size(); ++i) {
    state_->signals[i] = disposition(kept_signals[i]);
  }
}

KeptProcessState::~KeptProcessState() {
  const auto warn = [&](std::string_view what) {
    log(LogLevel::warning, culprit_, fmt::format("it changed {}; put back", what));
  };
  std::fenv_t arithmetic;
  std::fegetenv(&arithmetic);
  if (!same_arithmetic(arithmetic, state_->arithmetic)) {
    std::fesetenv(&state_->arithmetic);
    warn("the floating-point environment");
  }
  if (current_locale() != state_->locale) {
    std::setlocale(LC_ALL, state_->locale.c_str());
    warn("the locale");
  }
  if (std::get_terminate() != state_->on_terminate) {
    std::set_terminate(state_->on_terminate);
    warn("the terminate handler");
  }
  for (std::size_t i = 0; i < kept_signals.size(); ++i) {
    if (same_handler(disposition(kept_signals[i]), state_->signals[i])) continue;
    sigaction(kept_signals[i], &state_->signals[i], nullptr);
    warn(fmt::format("the handling of {}", strsignal(kept_signals[i])));
  }
}

}  // namespace pictor::host
