#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// A stretch of a prompt, and how much it counts.
struct WeightedText {
  std::string text;
  double weight = 1;

  bool operator==(const WeightedText &) const = default;
};

// The syntax of the Stable Diffusion web UI (AUTOMATIC1111): (text) counts 1.1 times as much,
// [text] 1 / 1.1 times, (text:1.3) 1.3 times. Brackets nest, and one that is never closed reaches
// to the end; a closing one without its opening is plain text. \( \) \[ \] \\ are the characters
// themselves; any other backslash is dropped. Neighbours of equal weight are joined; no text is one
// empty stretch. `parameter` names the prompt. Throws Error for a weight that is no number.
std::vector<WeightedText> weighted_texts(std::string_view prompt, const std::string &parameter);

}  // namespace pictor::diffusion
