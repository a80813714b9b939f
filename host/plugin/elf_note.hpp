#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace pictor::host {

// Reads the content of the ELF note with this owner and type from a shared object for this
// machine, without loading it: every offset and size of the file is checked before it is used.
// Throws Error (exit code 7), its message without the file's name, for a file that cannot be read,
// is no ELF file, no shared object, made for another machine, broken, or has no such note.
std::string read_elf_note(const std::filesystem::path &file, std::string_view owner,
                          std::uint32_t type);

}  // namespace pictor::host
