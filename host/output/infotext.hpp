#pragma once

#include "base/json.hpp"

#include <string>
#include <string_view>

namespace pictor::host {

// The text that AUTOMATIC1111's web UI and Civitai read and write: the prompt, a line "Negative
// prompt: ..." when there is one, and a line "Steps: 20, Sampler: Euler a, ..., Version: ...".
//
// `settings` is a line of metadata.jsonl: `prompt` (else `text`), `negative_prompt`,
// `num_inference_steps`, `scheduler`, `sigma_schedule`, `guidance_scale`, `seed`, `width` and
// `height`, `model_name` (else `model`), `strength`, `clip_skip` (AUTOMATIC1111 counts one more
// than diffusers), `eta`. Others have no name there and are left to our own record. `version`: of
// the program, e.g. "Pictor 0.1.0".
std::string make_infotext(const Json &settings, std::string_view version);

// The infotext with our own record as the last value of its last line: `..., Pictor: "{...}"`,
// quoted as every value with a comma is, so that other readers still find their line last.
std::string with_pictor_record(const std::string &infotext, const Json &record);

// Our own record as it was written; null for what is no object or is nested more than 64 deep.
Json parse_pictor_record(std::string_view json);

// Reads such a text back into the same names; values that have no name with us keep theirs
// ("Model hash"), as text. Our own record, where there is one, stands under "Pictor" as an object;
// it is also found as a line `Pictor: {...}` of its own. A text without settings is only a prompt.
// Safe on hostile text; linear in its length.
Json parse_infotext(std::string_view text);

}  // namespace pictor::host
