#pragma once

#include "base/json.hpp"
#include "run/repair.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace pictor::host {

// What `pictor verify` says.
struct VerifyReport {
  std::filesystem::path dir;
  bool fast = false;
  Verification verification;
  const Findings &findings;
  std::optional<Repair> repair;  // when one was wanted

  // As it is now: nothing was found, or all of it is repaired.
  bool whole() const;
};

Json as_json(const VerifyReport &report);
std::string as_text(const VerifyReport &report);

}  // namespace pictor::host
