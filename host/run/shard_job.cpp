#include "run/shard_job.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/lock.hpp"
#include "ledger/sqlite.hpp"
#include "plan/row_numbers.hpp"
#include "run/job_record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t largest_record = std::uint64_t{1} << 26;

fs::path record_file(const fs::path &output_dir) {
  return shards_folder(output_dir) / "job.json";
}

std::string print_of(const Prompts &prompts, std::uint32_t rows) {
  return to_hex(fingerprint(rows, [&](std::uint32_t row) { return prompts.key(row); }));
}

// What one shard alone cannot keep.
void refuse_unshared(const JobConfig &job) {
  if (job.output.layout == "webdataset") {
    throw Error("job.output.layout: webdataset cannot be drawn with --shard",
                "draw layout: imagefolder in shards, then `pictor merge` and `pictor convert --to "
                "webdataset`");
  }
  if (job.budget) {
    throw Error("job.budget: shards do not know what the others spend",
                "draw without --shard, or without the budget");
  }
}

Json shared_record(const Prompts &prompts, std::span<const RunModel> models, const Shard &shard,
                   Json record) {
  record["shards"] = shard.count;
  record["prompts"] = {{"rows", prompts.size()},
                       {"fingerprint", print_of(prompts, prompts.size())}};
  record["model_order"] = Json::array();
  for (const RunModel &model : models) record["model_order"].push_back(model.name);
  return record;
}

// The ledgers of the other shards, as far as they can be read: not one that is being made, nor one
// whose run keeps it to itself.
template <typename Visit>
bool every_other_ledger(const fs::path &output_dir, const Shard &own, const Visit &visit) {
  bool all_read = true;
  for (const Shard &shard : unmerged_shards(output_dir)) {
    if (shard == own) continue;
    const fs::path folder = ledger_folder(output_dir, shard);
    try {
      visit(Ledger::open_read_only_in(folder, journal_mode_in(folder)));
    } catch (const DatabaseBusy &) {
      all_read = false;
    } catch (const Error &) {
    }
  }
  return all_read;
}

bool anything_drawn(const fs::path &output_dir, const Shard &shard, const Ledger *own) {
  bool drawn = own != nullptr && has_ends(*own);
  const bool all_read = every_other_ledger(
      output_dir, shard, [&](const Ledger &ledger) { drawn = drawn || has_ends(ledger); });
  return drawn || !all_read;
}

// The first row of the file that another shard knows as a different one.
std::optional<std::uint32_t> first_different_row(const fs::path &output_dir, const Shard &shard,
                                                 const Prompts &prompts) {
  std::optional<std::uint32_t> first;
  every_other_ledger(output_dir, shard, [&](const Ledger &ledger) {
    for (const RowNumber &row : ledger.rows()) {
      const bool same = row.number < prompts.size() && prompts.key(row.number) == row.key;
      if (same) continue;
      first = std::min(first.value_or(row.number), row.number);
      return;
    }
  });
  return first;
}

bool goes_on(const Json &shared, const Prompts &prompts) {
  const PromptsPrint before = prompts_print(shared);
  return before.rows <= prompts.size() && before.fingerprint == print_of(prompts, before.rows);
}

[[noreturn]] void refuse_prompts(const Config &config, const Prompts &prompts, const Shard &shard,
                                 const Json &shared) {
  std::string text =
      fmt::format("{}: the prompt file is another than its shards draw: {} rows then, {} now",
                  config.job.output.dir.string(), prompts_print(shared).rows, prompts.size());
  if (const auto row = first_different_row(config.job.output.dir, shard, prompts)) {
    text += fmt::format("; the row at position {} (from 0) is not what it was", *row);
  }
  throw Error(text,
              "as long as shards are not merged, rows may only be added at the end: put the file "
              "back, or choose another job.output.dir");
}

void refuse_difference(const Config &config, const Prompts &prompts,
                       std::span<const RunModel> models, const Shard &shard, const Json &before,
                       const Json &wanted) {
  const fs::path &dir = config.job.output.dir;
  if (before.value("shards", 0u) != shard.count) {
    throw Error(fmt::format("{} is drawn in {} shards, not in {}", dir.string(),
                            before.value("shards", 0u), shard.count),
                "give the same number of shards, or choose another job.output.dir");
  }
  if (const auto changes = changed_settings(before, wanted, models); !changes.empty()) {
    refuse_changes(dir, changes,
                   "all shards draw with the same settings: set them back, or choose another "
                   "job.output.dir");
  }
  if (!goes_on(before, prompts)) refuse_prompts(config, prompts, shard, before);
}

// `before` with what `wanted` adds to it.
Json joined(const Json &before, Json wanted) {
  keep_other_models(before, wanted);
  wanted["layout"] = before["layout"];
  std::vector<std::string> order = shared_models(before);
  for (const std::string &name : shared_models(wanted)) {
    if (std::find(order.begin(), order.end(), name) == order.end()) order.push_back(name);
  }
  wanted["model_order"] = order;
  return wanted;
}

}  // namespace

Json shared_job(const fs::path &output_dir) {
  const fs::path file = record_file(output_dir);
  if (!fs::exists(file)) return Json::object();
  const Json record = Json::parse(read_file(file, largest_record), nullptr, false);
  if (record.is_object()) return record;
  throw Error(fmt::format("{}: damaged: this is no record of a job", file.string()),
              "remove it when no shard runs, and start the shards again");
}

Json settle_shared_job(const Config &config, const Prompts &prompts,
                       std::span<const RunModel> models, const Shard &shard, const Ledger &own,
                       Json record) {
  refuse_unshared(config.job);
  const fs::path &dir = config.job.output.dir;
  const Json wanted = shared_record(prompts, models, shard, std::move(record));
  Json before = shared_job(dir);
  if (before.empty()) {
    if (write_new_file(record_file(dir), wanted.dump())) return wanted;
    before = shared_job(dir);
  }
  if (before == wanted) return before;
  Json after;
  try {
    refuse_difference(config, prompts, models, shard, before, wanted);
    after = joined(before, wanted);
  } catch (const Error &) {
    if (anything_drawn(dir, shard, &own)) throw;
    after = wanted;
  }
  if (after != before) write_file(record_file(dir), after.dump());
  return after;
}

void check_shared_job(const Config &config, const Prompts &prompts,
                      std::span<const RunModel> models, const Shard &shard, Json record) {
  refuse_unshared(config.job);
  const Json before = shared_job(config.job.output.dir);
  const Json wanted = shared_record(prompts, models, shard, std::move(record));
  if (before.empty() || !anything_drawn(config.job.output.dir, {0, 0}, nullptr)) return;
  refuse_difference(config, prompts, models, shard, before, wanted);
}

std::vector<std::string> shared_models(const Json &shared) {
  return shared.value("model_order", std::vector<std::string>());
}

Json with_shard_state(const Json &shared, const ShardState &state) {
  Json job = shared;
  job["shard"] = {{"index", state.shard.index},
                  {"count", state.shard.count},
                  {"open", nullptr},
                  {"facts", state.facts}};
  if (state.open) job["shard"]["open"] = *state.open;
  return job;
}

std::optional<ShardState> shard_state(const Json &job) try {
  if (!job.contains("shard")) return std::nullopt;
  const Json &shard = job.at("shard");
  ShardState state{{shard.at("index"), shard.at("count")}, std::nullopt, shard.at("facts")};
  if (!shard.at("open").is_null()) state.open = shard.at("open").get<std::uint64_t>();
  return state;
} catch (const Json::exception &error) {
  throw Error(fmt::format("a shard's record of its job is damaged: {}", error.what()));
}

Json without_shard_state(Json job) {
  for (const char *name : {"shard", "shards", "prompts", "model_order"}) job.erase(name);
  return job;
}

PromptsPrint prompts_print(const Json &shared) {
  const Json prompts = shared.value("prompts", Json::object());
  return {prompts.value("rows", 0u), prompts.value("fingerprint", "")};
}

Ledger open_shard_ledger(const fs::path &output_dir, const Shard &shard) {
  const fs::path folder = ledger_folder(output_dir, shard);
  make_directories(folder);
  auto lock = std::make_unique<FolderLock>(
      folder / "lock", fmt::format("shard {} of {}", name_of(shard), output_dir.string()));
  Ledger ledger = Ledger::open_in(folder, std::move(lock), journal_mode_in(folder));
  for (const fs::path &above : {shards_folder(output_dir), output_dir / ".pictor", output_dir}) {
    sync_directory(above);
  }
  return ledger;
}

}  // namespace pictor::host
