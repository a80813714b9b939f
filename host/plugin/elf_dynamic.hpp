#pragma once

#include "plugin/elf_file.hpp"

#include <string>
#include <vector>

namespace pictor::host {

// A version of a library's symbols that a file wants, "GLIBC_2.34" of libc.so.6.
struct WantedVersion {
  std::string library, version;
};

// What a shared object asks of the loader, read from the file.
struct ElfDynamic {
  std::vector<std::string> needed;      // libraries, as named
  std::vector<std::string> runpaths;    // folders of RUNPATH and RPATH
  std::vector<std::string> exports;     // defined symbols that others can bind to
  std::vector<WantedVersion> versions;  // of the needed libraries' symbols
  bool text_relocations = false;
  bool never_unloaded = false;  // linked with -z nodelete
  bool executable_stack = false;
};

// Every offset is checked before it is used. Throws Error (exit code 7), its message without the
// file's name, for a file whose tables are broken.
ElfDynamic read_dynamic(const ElfFile &file);

// The highest of the versions that begin with `prefix` and an underscore, as its numbers: "2.34" of
// prefix "GLIBC". Empty when there is none; versions that are no numbers (GLIBC_PRIVATE) do not
// count.
std::string highest_version(const std::vector<WantedVersion> &versions, std::string_view prefix);

// Whether version `a` is older than `b`, both dotted numbers: 3.4.9 is older than 3.4.30.
bool is_older(std::string_view a, std::string_view b);

}  // namespace pictor::host
