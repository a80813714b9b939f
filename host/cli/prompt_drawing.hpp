#pragma once

#include "base/exit_code.hpp"
#include "cli/console.hpp"
#include "cli/picture_targets.hpp"
#include "plan/job.hpp"

#include <cstdint>
#include <string>

namespace pictor::host {

struct PromptWish {
  std::string prompt;
  std::uint64_t seed = 0;  // of the first picture; the others count up from it
  std::uint32_t count = 1;
  bool overwrite = false;
};

// Draws one prompt into its targets, each picture written whole as it comes and carrying its
// settings. Tells each file on stdout, progress on stderr. Throws Error when none came.
ExitCode draw_prompt(Console &console, const PreparedModel &model, const PromptWish &wish,
                     const PictureTargets &targets);

}  // namespace pictor::host
