#pragma once

#include "config/config.hpp"
#include "ledger/ledger.hpp"
#include "ledger/shard.hpp"
#include "plan/prompts.hpp"
#include "run/request.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

// What the shards of a dataset must agree on though none of them talks to another: the job's record
// as job_record() makes it, the number of shards, the models in the order of their numbers, the
// rows of the prompt file and their fingerprint. Kept in `.pictor/shards/job.json`, which the first
// shard makes.

// {} when no shard has begun.
Json shared_job(const std::filesystem::path &output_dir);

// Makes `record`, this run's, the shared one, or joins it to that: models and rows may be added at
// the end. Returns what is shared now. Throws Error that names what differs; not as long as no
// shard has drawn anything. `own`: the shard's ledger.
Json settle_shared_job(const Config &config, const Prompts &prompts,
                       std::span<const RunModel> models, const Shard &shard, const Ledger &own,
                       Json record);

// Throws what settle_shared_job would, and changes nothing.
void check_shared_job(const Config &config, const Prompts &prompts,
                      std::span<const RunModel> models, const Shard &shard, Json record);

// The models' names of a shared job, in order of number.
std::vector<std::string> shared_models(const Json &shared);

// What a shard's ledger keeps beside the shared job, until the merge takes it out.
struct ShardState {
  Shard shard;
  std::optional<std::uint64_t> open;  // pictures left to draw; nothing: the run was cut short
  Json facts;                         // DatasetFacts
};
Json with_shard_state(const Json &shared, const ShardState &state);
// Nothing: the ledger's shard has not begun. Throws Error for a record that is none.
std::optional<ShardState> shard_state(const Json &job);
// A shard's job as a run of the whole would have recorded it.
Json without_shard_state(Json job);

// What must be the same in all shards that are merged.
struct PromptsPrint {
  std::uint32_t rows = 0;
  std::string fingerprint;
  bool operator==(const PromptsPrint &) const = default;
};
PromptsPrint prompts_print(const Json &shared);

// Opens or makes the ledger of a shard, and takes its lock. Throws Error as Ledger::open does.
Ledger open_shard_ledger(const std::filesystem::path &output_dir, const Shard &shard);

}  // namespace pictor::host
