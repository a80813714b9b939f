#pragma once

#include "base/json.hpp"
#include "plugin/elf_dynamic.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace pictor::host {

// What a plugin's file tells of itself without running a line of it.
struct PluginFacts {
  std::filesystem::path file;
  std::uint64_t bytes = 0;
  std::string sha256, build_id;
  Json manifest;        // every key; null: there is none that can be read
  ElfDynamic dynamic;   // empty when the file is no shared library for this machine
  std::string problem;  // why pictor would not load it; empty when it would try
};

// Reads the file and nothing else. Throws Error when it cannot be read.
PluginFacts read_facts(const std::filesystem::path &file);

Json facts_json(const PluginFacts &facts);
// For people: lines of a name and a value.
std::string facts_text(const PluginFacts &facts);

}  // namespace pictor::host
