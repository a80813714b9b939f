#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::host::worker {

// What a plugin that is not trusted may do in its process: read the system's libraries, its own
// folder and `readable`; use the network only with `network`. It writes no file, starts no program
// and meets no other process.
struct Sandbox {
  std::vector<std::string> readable;  // absolute paths of folders and files
  bool network = false;
  std::uint64_t memory = 0;  // bytes of address space; 0: no limit
};

Json to_json(const Sandbox &sandbox);
Sandbox sandbox_from(const Json &json);  // throws Json::exception

// Shuts this process in, for good; its only thread calls it. Returns what this kernel cannot
// enforce, a line each. Throws Error when nothing can be enforced.
std::vector<std::string> enter_sandbox(const Sandbox &sandbox);

}  // namespace pictor::host::worker
