#pragma once

#include "check/result.hpp"
#include "check/subject.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace pictor::host::fuzz {

// What to try.
struct Campaign {
  check::Subject subject;
  std::uint64_t seed = 0;                      // the chunks' seeds follow from it
  bool only_this_seed = false;                 // it is the seed of one chunk itself
  std::uint64_t runs = UINT64_MAX;             // chunks
  std::chrono::milliseconds duration{60'000};  // no chunk starts after it
  unsigned jobs = 1;                           // chunks at once
  std::filesystem::path folder = ".";          // where the script of a failure is written
};

// A chunk that broke a rule.
struct Failed {
  check::Result result;  // of the script, where that fails as well
  std::uint64_t seed = 0;
  std::filesystem::path script;
  std::size_t drawn_steps = 0, steps = 0;  // before and after it was shrunk
  bool reproduced = false;                 // whether playing the script fails too
};

struct CampaignReport {
  std::uint64_t chunks = 0;
  double seconds = 0;
  std::optional<Failed> failed;  // of several that failed at once, the first by its turn
};

// Plays chunks until one fails or the end is reached; then shrinks the one that failed. `stopped`
// ends it early, `failing` is called when shrinking begins. Throws Error when the plugin cannot be
// played with at all: it does not load, or needs parameters.
CampaignReport run(const Campaign &campaign, const std::function<bool()> &stopped,
                   const std::function<void(const check::Result &, std::uint64_t seed)> &failing);

// Whether a chunk's result breaks a rule. What a plugin wrote to stdout and stderr does.
bool is_failure(const check::Result &result);

}  // namespace pictor::host::fuzz
