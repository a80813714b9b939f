#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace pictor::host::check {

// Thrown where a check cannot go on for a reason that is not its own; ends it.
struct Skip {
  std::string reason;
};

// Thrown where the user's own --param cannot be used; ends the command.
struct Mistake {
  std::string message;
};

// How a check tells the supervisor what it finds: one line each, written at once, so that a crash
// or a hang takes nothing along. [any thread]
//
// A line is a letter, a space and a text: C calling, A may abort, W warning, F failure, S skipped,
// M a mistake of the user's, E the end.
class Findings {
 public:
  // Writes to that descriptor.
  explicit Findings(int descriptor) : descriptor_(descriptor) {}

  // What is about to be called, named when nothing more comes.
  void calling(std::string_view what) noexcept { tell('C', what); }
  // From here on abort() is no crash but that warning: the plugin may give up. Empty: not any more.
  void may_abort(std::string_view warning) noexcept { tell('A', warning); }
  void warn(std::string_view what) noexcept { tell('W', what); }
  void fail(std::string_view what) noexcept { tell('F', what); }
  void skip(std::string_view reason) noexcept { tell('S', reason); }
  void mistake(std::string_view message) noexcept { tell('M', message); }
  void end() noexcept { tell('E', ""); }

 private:
  void tell(char kind, std::string_view text) noexcept;

  const int descriptor_;
  std::mutex mutex_;
};

}  // namespace pictor::host::check
