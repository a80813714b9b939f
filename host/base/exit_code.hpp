#pragma once

namespace pictor::host {

// What the process tells the shell. It describes the dataset, not the process.
enum class ExitCode : int {
  ok = 0,        // all images made
  internal = 1,  // a fault of ours
  usage = 2,     // the command line, the configuration or the prompt file is wrong
  some_failed = 3,
  budget = 4,
  refused_only = 5,  // every failure is a refusal by policy
  authentication = 6,
  plugin = 7,  // a plugin could not be loaded, or breaks the contract
  interrupted = 130,
};

}  // namespace pictor::host
