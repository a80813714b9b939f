#include "run/merge.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/lock.hpp"
#include "ledger/merge.hpp"
#include "plan/row_numbers.hpp"
#include "run/dataset_files.hpp"
#include "run/shard_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

struct MergedShard {
  Shard shard;
  fs::path folder;  // of its ledger
  std::unique_ptr<FolderLock> lock;
  Json job;
  ShardState state;
};

// A merge makes its ledger here and moves it into place when it is whole.
fs::path workshop(const fs::path &output_dir) {
  return output_dir / ".pictor" / "merging";
}

// Where the shards' folder is moved before it is removed, so that it is gone at once.
fs::path discarded(const fs::path &output_dir) {
  return output_dir / ".pictor" / "merged-shards";
}

void remove_folder(const fs::path &folder) {
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) throw FileError("remove", folder, error.value());
}

void rename_or_throw(const fs::path &from, const fs::path &to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw FileError("rename", from, error.value());
}

std::unique_ptr<FolderLock> lock_shard(const fs::path &output_dir, const Shard &shard) {
  return std::make_unique<FolderLock>(
      ledger_folder(output_dir, shard) / "lock",
      fmt::format("shard {} of {}", name_of(shard), output_dir.string()));
}

std::optional<MergedShard> open_shard(const fs::path &output_dir, const Shard &shard,
                                      const MergeOptions &options) {
  MergedShard merged{shard, ledger_folder(output_dir, shard), nullptr, {}, {}};
  const JournalMode journal = journal_mode_in(merged.folder);
  if (options.partial) {
    if (!fs::exists(merged.folder / ledger_file(output_dir).filename())) return std::nullopt;
    merged.job = Ledger::open_read_only_in(merged.folder, journal).job();
  } else {
    merged.lock = lock_shard(output_dir, shard);
    merged.job = Ledger::open_in(merged.folder, nullptr, journal).job();
  }
  const std::optional<ShardState> state = shard_state(merged.job);
  if (!state) return std::nullopt;
  merged.state = *state;
  return merged;
}

void require_one_count(const fs::path &output_dir, const std::vector<Shard> &shards) {
  for (const Shard &shard : shards) {
    if (shard.count == shards.front().count) continue;
    throw Error(
        fmt::format("{} has shards of different counts: {}", output_dir.string(), list_of(shards)),
        fmt::format("remove the folders in {} that do not belong there",
                    shards_folder(output_dir).string()));
  }
}

void require_all(const fs::path &output_dir, const std::vector<MergedShard> &merged,
                 std::uint32_t count) {
  std::vector<Shard> missing;
  for (std::uint32_t index = 0; index < count; ++index) {
    const bool there = std::any_of(merged.begin(), merged.end(), [&](const MergedShard &each) {
      return each.shard.index == index;
    });
    if (!there) missing.push_back({index, count});
  }
  if (missing.empty()) return;
  throw Error(fmt::format("{}: {} of {} shards have not begun: {}", output_dir.string(),
                          missing.size(), count, list_of(missing)),
              "run them first; `pictor merge --partial` writes the files of what is there and "
              "leaves the shards as they are");
}

void require_finished(const fs::path &output_dir, const std::vector<MergedShard> &merged) {
  std::string text;
  for (const MergedShard &each : merged) {
    if (each.state.open == 0) continue;
    text += fmt::format("\n  {}: {}", name_of(each.shard),
                        each.state.open ? fmt::format("{} pictures left to draw", *each.state.open)
                                        : "its run was cut short");
  }
  if (text.empty()) return;
  throw Error(fmt::format("{}: shards are not finished:{}", output_dir.string(), text),
              "run them again; or `pictor merge --unfinished`, after which a run of the whole job "
              "draws what is left");
}

void require_one_prompt_file(const fs::path &output_dir, const std::vector<MergedShard> &merged) {
  const auto longest = std::max_element(
      merged.begin(), merged.end(), [](const MergedShard &a, const MergedShard &b) {
        return prompts_print(a.job).rows < prompts_print(b.job).rows;
      });
  std::vector<Shard> others;
  for (const MergedShard &each : merged) {
    if (prompts_print(each.job) != prompts_print(longest->job)) others.push_back(each.shard);
  }
  if (others.empty()) return;
  throw Error(
      fmt::format("{}: not all shards have drawn the same prompt file: shard {} has seen {} "
                  "rows, others not these: {}",
                  output_dir.string(), name_of(longest->shard), prompts_print(longest->job).rows,
                  list_of(others)),
      "run those again with the prompt file as it is now");
}

std::vector<MergedShard> open_shards(const fs::path &output_dir, const MergeOptions &options) {
  const std::vector<Shard> shards = unmerged_shards(output_dir);
  if (shards.empty()) {
    throw Error(fmt::format("{}: no shard has been drawn here", output_dir.string()),
                "name the output folder of `pictor run JOB --shard i/n`");
  }
  require_one_count(output_dir, shards);
  std::vector<MergedShard> merged;
  for (const Shard &shard : shards) {
    if (auto opened = open_shard(output_dir, shard, options)) merged.push_back(std::move(*opened));
  }
  if (merged.empty() || !options.partial) require_all(output_dir, merged, shards.front().count);
  if (options.partial) return merged;
  if (!options.unfinished) require_finished(output_dir, merged);
  require_one_prompt_file(output_dir, merged);
  return merged;
}

// The numbers of the merged rows are positions in one prompt file, and all of them are there.
void require_whole_prompt_file(const std::vector<RowNumber> &rows, const PromptsPrint &print) {
  const bool whole =
      rows.size() == print.rows && (rows.empty() || rows.back().number + 1 == print.rows);
  const auto key = [&](std::uint32_t row) { return rows[row].key; };
  if (whole && to_hex(fingerprint(print.rows, key)) == print.fingerprint) return;
  throw Error("the shards' rows do not make up the prompt file that they were drawn from",
              "run every shard again with the prompt file as it is now; it draws only what is "
              "missing");
}

// One ledger of all, in the workshop; for a close merge with a check of its rows.
Ledger build(const fs::path &output_dir, const std::vector<MergedShard> &merged, bool closing) {
  const fs::path folder = workshop(output_dir);
  remove_folder(folder);
  make_directories(folder);
  std::vector<fs::path> ledgers;
  // The one that knows the most models first: the others' are the beginning of its list.
  const MergedShard *widest = &merged.front();
  for (const MergedShard &each : merged) {
    if (shared_models(each.job).size() > shared_models(widest->job).size()) widest = &each;
  }
  ledgers.push_back(widest->folder);
  for (const MergedShard &each : merged) {
    if (&each != widest) ledgers.push_back(each.folder);
  }
  merge_ledgers(folder, ledgers, without_shard_state(widest->job));
  Ledger ledger = Ledger::open_read_only_in(folder, journal_mode_in(folder));
  if (closing) require_whole_prompt_file(ledger.rows(), prompts_print(widest->job));
  return ledger;
}

void count(const Ledger &ledger, MergeResult &result) {
  result.rows = ledger.rows().size();
  ledger.for_each_outcome([&](const SampleKey &, Outcome outcome) {
    ++result.counts[static_cast<std::size_t>(outcome)];
  });
}

std::vector<MergedShard> open_leftovers(const fs::path &output_dir) {
  std::vector<MergedShard> merged;
  for (const Shard &shard : unmerged_shards(output_dir)) {
    if (auto opened = open_shard(output_dir, shard, {})) merged.push_back(std::move(*opened));
  }
  return merged;
}

// All shards drew the same job: what one says of it holds for all, but for the lines of failures.
void write_files(const Ledger &ledger, const fs::path &output_dir,
                 const std::vector<MergedShard> &merged) {
  std::map<std::string, std::uint64_t> lines;  // by row
  for (const MergedShard &shard : merged) {
    const Json known = shard.state.facts.value("lines", Json::object());
    for (const auto &[row, line] : known.items()) {
      if (line.is_number_unsigned()) lines[row] = line.get<std::uint64_t>();
    }
  }
  const auto line_of = [&](std::uint32_t row) -> std::optional<std::uint64_t> {
    const auto found = lines.find(std::to_string(row));
    if (found == lines.end()) return std::nullopt;
    return found->second;
  };
  const DatasetFacts facts = dataset_facts_from_json(merged.front().state.facts);
  write_dataset_files(ledger, output_dir, facts, line_of);
}

// From the moment that the whole ledger is in place: the rest is done again as often as it takes.
// `merged`: the shards that went into it, as far as they are still there.
void finish(const fs::path &output_dir, const std::vector<MergedShard> &merged,
            MergeResult &result) {
  const fs::path folder = ledger_file(output_dir).parent_path();
  {
    Ledger ledger = Ledger::open_in(folder, nullptr, journal_mode_in(folder));
    ledger.settle_started();
    if (!merged.empty() && ledger.derived_version() != ledger.version()) {
      write_files(ledger, output_dir, merged);
      ledger.set_derived_version(ledger.version());
    }
    result.pictures = output_dir / ledger.job().value("split", "train");
    count(ledger, result);
  }
  for (const MergedShard &each : merged) result.shards.push_back(each.shard);
  remove_folder(discarded(output_dir));
  if (fs::exists(shards_folder(output_dir))) {
    rename_or_throw(shards_folder(output_dir), discarded(output_dir));
    sync_directory(folder);
  }
  remove_folder(discarded(output_dir));
  remove_folder(workshop(output_dir));
  remove_temporary_files(output_dir);
}

void move_into_place(const fs::path &output_dir) {
  const fs::path file = ledger_file(output_dir);
  for (const char *leftover : {"-wal", "-shm", "-journal"}) {
    std::error_code none;
    fs::remove(file.string() + leftover, none);
  }
  rename_or_throw(workshop(output_dir) / file.filename(), file);
  sync_directory(file.parent_path());
}

MergeResult write_what_is_there(const fs::path &output_dir,
                                const std::vector<MergedShard> &merged) {
  MergeResult result;
  {
    const Ledger ledger = build(output_dir, merged, false);
    write_files(ledger, output_dir, merged);
    result.pictures = output_dir / ledger.job().value("split", "train");
    count(ledger, result);
  }
  for (const MergedShard &each : merged) result.shards.push_back(each.shard);
  remove_folder(workshop(output_dir));
  return result;
}

}  // namespace

MergeResult merge_shards(const fs::path &dir, const MergeOptions &options) {
  const fs::path output_dir = fs::absolute(dir).lexically_normal();
  MergeResult result;
  if (!fs::exists(output_dir / ".pictor")) {
    throw Error(fmt::format("{}: no run of Pictor has written here", dir.string()),
                "name the output folder of `pictor run JOB --shard i/n`");
  }
  const FolderLock lock(output_dir / ".pictor" / "lock", dir.string());
  if (fs::exists(ledger_file(output_dir))) {
    finish(output_dir, open_leftovers(output_dir), result);
    return result;
  }
  const std::vector<MergedShard> merged = open_shards(output_dir, options);
  if (options.partial) return write_what_is_there(output_dir, merged);
  build(output_dir, merged, true);
  move_into_place(output_dir);
  finish(output_dir, merged, result);
  return result;
}

}  // namespace pictor::host
