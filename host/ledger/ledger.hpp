#pragma once

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/outcome.hpp"
#include "ledger/journal.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pictor::host {

class FolderLock;

// One image asked for. `row` is the row's file number, `model` an index into Ledger::models.
struct SampleKey {
  std::uint32_t row = 0;
  std::uint32_t model = 0;
  std::uint32_t generation = 0;
  auto operator<=>(const SampleKey &) const = default;
};

// The samples of one row and model, which a plugin is asked for together.
struct RequestKey {
  std::uint32_t row = 0;
  std::uint32_t model = 0;
};

// A plugin's own state of a request.
struct Checkpoint {
  RequestKey key;
  std::string bytes;
};

// How a sample ended, and all that the outputs are made from.
struct SampleEnd {
  SampleKey key;
  Outcome outcome = Outcome::internal;
  std::optional<Failure> failure;
  std::string row_id;     // the user's id, may be empty
  std::string file_name;  // relative to the split folder; ok only
  std::string container;  // the archive in the split folder that holds that file; empty: none
  std::string sha256;     // of the file
  std::uint64_t file_size = 0;
  std::optional<std::uint64_t> seed;
  std::string prompt;
  Json metadata = Json::object();           // the line of metadata.jsonl without file_name
  std::uint32_t attempts = 1;               // requests that asked for it; 0: none left
  std::optional<std::int64_t> cost_micros;  // of all attempts, in millionths of a dollar
  std::int64_t queue_ns = 0, generate_ns = 0, encode_ns = 0, write_ns = 0;
  std::int64_t finished_at_ms = 0;  // Unix time
};

// A billed sample whose request is about to leave, and what it may cost at most.
struct StartedSample {
  SampleKey key;
  std::optional<std::int64_t> cost_micros;
  std::int64_t started_at_ms = 0;  // Unix time, given by the ledger
};

struct RowNumber {
  Hash128 key;
  std::uint32_t number;
};

// The SQLite file that knows every sample's outcome. One thread uses it; one process has it open
// for writing.
class Ledger {
 public:
  // Opens or makes dir/.pictor/ledger.sqlite and takes the lock. Throws Error when another live
  // process holds it (naming it), when the file is no ledger, is of a newer version, or the disk
  // refuses.
  static Ledger open(const std::filesystem::path &output_dir);
  // The same in that folder, under a lock that is held already; null: by the caller.
  static Ledger open_in(const std::filesystem::path &folder, std::unique_ptr<FolderLock> lock,
                        JournalMode journal);
  // For `status`, `gallery`: no lock, no change, works beside a running job. Throws Error when the
  // folder has none; and on a disk that machines share (JournalMode::rollback) beside a run.
  static Ledger open_read_only(const std::filesystem::path &output_dir);
  static Ledger open_read_only_in(const std::filesystem::path &folder, JournalMode journal);
  Ledger(Ledger &&) noexcept;
  Ledger &operator=(Ledger &&) noexcept;
  ~Ledger();

  // What was recorded of the job; {} in a new ledger. `job` is the resolved job as JSON.
  Json job() const;
  void set_job(const Json &job);

  // Rows that were ever seen, in order of number.
  std::vector<RowNumber> rows() const;
  void add_rows(std::span<const RowNumber> rows);

  // The number of a model's name in SampleKey::model, given at first sight.
  std::uint32_t model_number(const std::string &name);
  std::vector<std::string> models() const;

  // Every recorded end, in key order: outcome only, for the plan (a million in about a second).
  void for_each_outcome(const std::function<void(const SampleKey &, Outcome)> &visit) const;
  // Every recorded end in full, in key order.
  void for_each_end(const std::function<void(const SampleEnd &)> &visit) const;
  std::optional<SampleEnd> end(const SampleKey &key) const;

  // A billed request is about to leave: committed before this returns.
  void started(std::span<const StartedSample> samples);
  // Billed requests that left and have no end yet, in key order.
  std::vector<StartedSample> started_samples() const;
  // Those did not leave after all.
  void withdrawn(std::span<const SampleKey> keys);
  // Samples ended. Committed, and on disk, before this returns; takes a batch so that one fsync
  // serves many. Attempts and costs add up with those of the end that this one replaces.
  // `closed`: the requests of which they were the last; their checkpoints go in the same moment.
  void ended(std::span<const SampleEnd> ends, std::span<const RequestKey> closed = {});
  // Requests that had left when an earlier run died: with a checkpoint they are drawn again, and
  // the plugin picks up where it was; without one their samples become maybe_billed, at the cost
  // that was recorded for them. Returns how many samples did.
  std::uint64_t settle_started();
  // Every end that is ok and whose file is in no archive, in full, in key order.
  void for_each_loose(const std::function<void(const SampleEnd &)> &visit) const;
  // The archives that hold files, each once.
  std::vector<std::string> containers() const;
  // Those samples' files are in that archive of the split folder now, which is on disk.
  void contained(const std::string &container, std::span<const SampleKey> keys);
  // Those samples' files are called so now: of their ends, file_name and container are taken.
  void placed(std::span<const SampleEnd> ends);
  // These samples count as never asked for, and are drawn again.
  void forget(std::span<const SampleKey> keys);
  // These samples are drawn again, as `cancelled`; attempts, cost and reason of their end are kept.
  void reopen(std::span<const SampleKey> keys);
  // As new, except for the version. On disk before this returns.
  void clear();

  // All that was paid or may have been, in millionths of a dollar: of every sample that ended, also
  // of those that were forgotten since, and of attempts that were billed and failed.
  std::int64_t spent_micros() const;
  void add_spent(std::int64_t micros);

  // Plugins' own states of requests, on disk before this returns; empty bytes: there is none.
  void set_checkpoints(std::span<const Checkpoint> checkpoints);
  std::string checkpoint(std::uint32_t row, std::uint32_t model) const;

  // What the latest run noted of itself; {} before the first. No change for version().
  Json last_run() const;
  void set_last_run(const Json &note);

  // Billed requests that left and have no end: of the run at work, or of one that died.
  std::uint64_t unanswered() const;
  // What SQLite finds wrong with the file, ten faults at most; empty: it is sound.
  std::vector<std::string> damage() const;

  // Grows with every change of the ends or the job.
  std::uint64_t version() const;
  // The version that metadata.jsonl and the other derived files were last written from; 0: never.
  std::uint64_t derived_version() const;
  void set_derived_version(std::uint64_t version);

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Copies the ledger of one output folder into another, which must have none. Reads a state that was
// committed, also beside a running job. Throws Error.
void copy_ledger(const std::filesystem::path &from, const std::filesystem::path &to);

// Where an output folder's ledger stands.
std::filesystem::path ledger_file(const std::filesystem::path &output_dir);

// Who has an output folder's ledger open for writing, in words; empty: nobody.
std::string ledger_holder(const std::filesystem::path &output_dir);

}  // namespace pictor::host
