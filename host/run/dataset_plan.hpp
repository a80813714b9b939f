#pragma once

#include "ledger/ledger.hpp"
#include "ledger/shard.hpp"
#include "plan/plan.hpp"
#include "plan/prompts.hpp"
#include "plan/row_numbers.hpp"
#include "run/request.hpp"

#include <optional>
#include <span>

namespace pictor::host {

// What is wanted of a dataset and what of it has ended: the rows of the prompt file for the job's
// models, with the ends that `ledger` knows (null: none). A row that cannot be drawn is one
// `invalid` sample per model, recorded or not. Only the rows of `shard` are wanted; nothing: all.
Plan plan_dataset(const Prompts &prompts, const RowNumbers &numbers,
                  std::span<const RunModel> models, const Ledger *ledger,
                  const std::optional<Shard> &shard = {});

}  // namespace pictor::host
