#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace pictor::host::check {

// How a child process ended.
struct ChildEnd {
  bool in_time = true;    // false: it was killed at its limit
  int exit_code = 0;      // when no signal ended it
  int signal_number = 0;  // 0: it ended by itself
  std::string told;       // what it wrote to the descriptor `channel`
  std::string said;       // the last of what it wrote to stdout and stderr
};

inline constexpr int channel = 3;

// Runs this program again with those arguments, in a process group of its own, without input, and
// waits for its end; at the limit the whole group is killed, and what is left of the group at the
// end too. Throws Error when no process can be made.
ChildEnd run_child(const std::vector<std::string> &arguments, std::chrono::milliseconds limit);

}  // namespace pictor::host::check
