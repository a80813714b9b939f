#pragma once

#include <cstdint>
#include <filesystem>

// Allocations of a plugin that fail: those that the file itself asks for, not the host's, nor those
// of other libraries on their own account.
namespace pictor::host::check {

// Has the malloc, calloc, realloc and operator new of a library that is loaded in this process
// counted from here on, for good. Throws Skip when there is no way to do it.
void count_allocations(const std::filesystem::path &file);

// The nth from now on fails, once; 0: none does.
void fail_allocation(std::uint64_t nth);
// Whether one failed since then.
bool has_failed_allocation();

}  // namespace pictor::host::check
