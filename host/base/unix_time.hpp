#pragma once

#include <chrono>
#include <cstdint>

namespace pictor::host {

// Milliseconds since 1970, as the ledger keeps times.
inline std::int64_t unix_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace pictor::host
