#pragma once

#include "weights/lora.hpp"

#include <string>
#include <vector>

// What a user writes about LoRAs.
namespace pictor::diffusion {

// `json`: a list whose items are a path, or a map of `path`, `name` (the file's, without its
// extension, by default) and `weight` (1 by default; diffusers' `scale` is accepted too). Throws
// Error(invalid_argument) naming the item.
std::vector<LoraSource> read_loras(const std::string &json);

// `loras` with the weights of `json`, a map from names to weights, in place of their own; those
// that it does not name keep theirs. Throws Error(invalid_argument) for a name that is none of
// theirs.
std::vector<LoraSource> with_weights(std::vector<LoraSource> loras, const std::string &json);

// Whether two choices change a model in the same way.
bool same_loras(const std::vector<LoraSource> &a, const std::vector<LoraSource> &b);

// An order of the choices for one model.
bool has_smaller_weights(const std::vector<LoraSource> &a, const std::vector<LoraSource> &b);

}  // namespace pictor::diffusion
