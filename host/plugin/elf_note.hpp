#pragma once

#include "plugin/elf_file.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::host {

// The content of the first ELF note with this owner and type; nothing when there is none. Every
// offset and size of the file is checked before it is used. Throws Error (exit code 7), its message
// without the file's name, for notes that are broken.
std::optional<std::string> find_elf_note(const ElfFile &file, std::string_view owner,
                                         std::uint32_t type);

// The same from a shared object for this machine, without loading it. Throws as ElfFile does, and
// for a file that has no such note.
std::string read_elf_note(const std::filesystem::path &file, std::string_view owner,
                          std::uint32_t type);

// The linker's own name of what it linked, in hex; empty when it was told to give none. Throws
// Error like find_elf_note().
std::string build_id(const ElfFile &file);

}  // namespace pictor::host
