#pragma once

#include "base/interrupt.hpp"
#include "config/config.hpp"
#include "ledger/shard.hpp"
#include "plan/prompts.hpp"
#include "run/request.hpp"
#include "run/retry.hpp"
#include "run/status.hpp"
#include "run/summary.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace pictor::host {

struct RunOptions {
  std::optional<std::uint64_t> limit = {};  // pictures asked for by this run, at most
  bool overwrite = false;                   // begin the dataset anew
  std::optional<RetryWish> retry = {};      // draw just those again
  std::optional<Shard> shard = {};  // draw only that part; the dataset's files are left to a merge
};

// Asked a few times a second, from the thread that runs.
using InterruptSource = std::function<InterruptLevel()>;

// Draws what is missing of a job's dataset, and leaves metadata.jsonl, README.md and job.yaml up to
// date. Loads only models that have work; a run that finds all done writes nothing. `models` in the
// order of the rules that the prompts were read with; their `number` is set here. Throws Error when
// the folder or a changed setting forbids the run, or the disk refuses; samples that fail are no
// errors.
Summary run_dataset(const Config &config, const Prompts &prompts, std::vector<RunModel> models,
                    const RunOptions &options, Status &status, const InterruptSource &interrupt);

}  // namespace pictor::host
