#pragma once

#include "plugin/elf_file.hpp"

#include <string>
#include <vector>

namespace pictor::host::check {

// What a shared object asks of the loader, read from the file.
struct ElfDynamic {
  std::vector<std::string> needed;    // libraries, as named
  std::vector<std::string> runpaths;  // folders of RUNPATH and RPATH
  std::vector<std::string> exports;   // defined symbols that others can bind to
  bool text_relocations = false;
  bool never_unloaded = false;  // linked with -z nodelete
  bool executable_stack = false;
};

// Every offset is checked before it is used. Throws Error (exit code 7), its message without the
// file's name, for a file whose tables are broken.
ElfDynamic read_dynamic(const ElfFile &file);

}  // namespace pictor::host::check
