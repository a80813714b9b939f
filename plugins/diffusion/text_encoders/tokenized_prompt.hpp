#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::diffusion {

// A prompt as a text encoder takes it.
struct TokenizedPrompt {
  std::vector<int64_t> ids;  // as many as the text encoder takes: the prompt's, end, padding
  std::string cut;           // the end of the prompt that had no place, or empty
};

}  // namespace pictor::diffusion
