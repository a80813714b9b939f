#pragma once

#include <pictor/abi.h>

#include <cstddef>
#include <cstdint>

// A plugin that does what its bytes say, and most of that is wrong. Everything that it points to is
// there, as large as it says, and lives until the next one is made: what is left of the contract is
// the host's to defend.
namespace pictor::test {

// The table of the one hostile plugin, which reads its behaviour from these bytes from now on.
const pictor_plugin *hostile_plugin(const std::uint8_t *bytes, std::size_t size);

// Waits for the threads that it started. Nothing calls the host after this.
void end_hostile_threads();

// Pixels that the host took and has not released.
int pixels_held();

}  // namespace pictor::test
