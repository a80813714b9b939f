#pragma once

#include "base/exit_code.hpp"
#include "cli/console.hpp"

namespace CLI {
class App;
}

namespace pictor::host {

// One thing pictor does. Made, set up and run at most once.
class Command {
 public:
  virtual ~Command() = default;

  // Declares arguments and options. Opens nothing, so help, completion and tests call it freely.
  virtual void setup(CLI::App &app) = 0;

  // Does it. Throws Error for what ends the command; returns what became of the pictures otherwise.
  virtual ExitCode run(Console &console) = 0;
};

}  // namespace pictor::host
