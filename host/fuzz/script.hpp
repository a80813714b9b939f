#pragma once

#include "base/json.hpp"
#include "check/struct_shape.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// The calls of one chunk, as data: drawn from a seed, written as JSON, shrunk, and played.
namespace pictor::host::fuzz {

enum class Call {
  create,
  load,
  model_name,
  metadata,
  extension,
  validate,
  draw,
  redraw,
  cancel,
  await,
  release,
  unload,
  destroy,
};

// A request. What its parameters do not name is as in the checks: small.
struct Wanted {
  std::string prompt;
  unsigned times = 1;  // how often the prompt's text stands in the prompt
  std::vector<std::uint64_t> seeds = {1};
  Parameters parameters;
  unsigned preview_every = 0;
};

// One call into the plugin, or of the host's own. A step that would break the contract where it
// stands is passed over, so that every part of a script is a legal script.
struct Step {
  Call call = Call::create;
  unsigned slot = 0;                     // which of the live models
  bool own_thread = false;               // called from a thread that ends with the call
  std::string model;                     // create
  Parameters parameters;                 // create: laid over the subject's
  std::vector<Wanted> requests;          // draw, and one for validate
  bool waits = true;                     // draw: for its end; else the next steps come meanwhile
  std::optional<unsigned> cancel_at;     // load, draw: cancelled at the host's nth call; 0: before
  std::optional<unsigned> refuse_image;  // draw: the host's nth job_image fails, from 1
  bool refuse_checkpoints = false;       // draw: there is no room on disk
  bool release_at_once = false;          // draw: pixels are let go of inside job_image
  unsigned slow_ms = 0;                  // draw: how long job_image blocks
  std::optional<unsigned> request;       // cancel: only this one of the last job
};

// What host the plugin meets.
struct HostTraits {
  check::Shape shape = check::Shape::plain;
  bool keeps_logs = true;
};

struct Script {
  std::uint64_t seed = 0;  // that it was drawn from
  HostTraits host;
  std::vector<Step> steps;
};

// In place of a path in IMAGE and IMAGE_LIST parameters: a small picture.
inline constexpr const char *any_picture = "@picture";

std::string_view name_of(Call call);
std::string seed_text(std::uint64_t seed);  // 16 hex digits
// Nothing for what is no seed: up to 16 hex digits, perhaps after 0x.
std::optional<std::uint64_t> parse_seed(const std::string &text);

// One step a line, without what is as usual.
std::string script_text(const Script &script);
// Throws Error naming the file, the step and what is wrong with it.
Script read_script(const std::filesystem::path &file);

}  // namespace pictor::host::fuzz
