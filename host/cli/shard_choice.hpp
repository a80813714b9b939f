#pragma once

#include "ledger/shard.hpp"

#include <functional>
#include <optional>
#include <string>

namespace pictor::host {

// Which part of a job a run is to draw.
struct ShardChoice {
  std::optional<Shard> shard;  // nothing: all of it
  std::string note;            // where it comes from, when nobody typed it
};

using EnvironmentLookup = std::function<std::optional<std::string>(const std::string &)>;

// By --shard: "i/n", "none", or empty for the task of a Slurm array that this process is, if it is
// one: SLURM_ARRAY_TASK_ID counted from SLURM_ARRAY_TASK_MIN in steps of SLURM_ARRAY_TASK_STEP, out
// of SLURM_ARRAY_TASK_COUNT. Throws Error for what is none of these, and for an array whose ids
// have gaps.
ShardChoice choose_shard(const std::string &option, const EnvironmentLookup &environment);

}  // namespace pictor::host
