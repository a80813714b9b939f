#pragma once

#include "cli/command.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace pictor::host {

struct CommandEntry {
  std::string_view name;  // "run"; "config check" is `check` in the group `config`
  std::string_view summary;
  std::unique_ptr<Command> (*make)();
};

struct CommandGroup {
  std::string_view name;
  std::string_view summary;
  std::string_view otherwise;  // the command meant when the group stands alone; empty: none
};

// All there is, in the order of `pictor --help`.
std::span<const CommandEntry> commands();
std::span<const CommandGroup> command_groups();

}  // namespace pictor::host
