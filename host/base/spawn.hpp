#pragma once

#include "base/descriptor.hpp"

#include <sys/types.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pictor::host {

// Of another process.
struct Spawned {
  pid_t pid = 0;     // and the number of its process group
  Descriptor watch;  // readable once it has ended
};

// Starts a program with those arguments, in a process group of its own, with nothing on its
// standard input. It gets `files`, each of ours under a number of its own, and none of our other
// descriptors that are closed on exec. Throws Error.
Spawned spawn(const std::string &program, const std::vector<std::string> &arguments,
              std::span<const std::pair<int, int>> files);

// The same with this program.
Spawned spawn_self(const std::vector<std::string> &arguments,
                   std::span<const std::pair<int, int>> files);

// Kills its group, waits for it, and returns the status as waitpid() tells it. To be called once.
int end_process(const Spawned &process);

// A pipe whose ends are closed on exec. The writing end's number is above `above`, so that a child
// may get it under any number up to there. Throws Error.
std::pair<Descriptor, Descriptor> make_pipe(int above);

}  // namespace pictor::host
