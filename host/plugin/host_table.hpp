#pragma once

#include <pictor/abi.h>

#include <cstdint>
#include <string>

namespace pictor::host {

// The table that a plugin gets at `init`; `plugin_id` leads what it logs. Never freed: a plugin's
// static destructors run after main and may still call. The functions stop every exception, answer
// calls about jobs that are gone with PICTOR_STALE, and calls that break the contract with
// PICTOR_INVALID_ARGUMENT and a line in the log.
const pictor_host *make_host_table(const std::string &plugin_id);

// Throws ContractFault for progress that cannot be.
void check_progress(double fraction, std::uint32_t step, std::uint32_t steps);

}  // namespace pictor::host
