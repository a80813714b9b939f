#include "ledger/ledger.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/ledger_impl.hpp"
#include "ledger/schema.hpp"
#include "ledger/shard.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

std::string to_blob(const Hash128 &key) {
  std::string bytes;
  for (const std::uint64_t word : {key.high, key.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);
  }
  return bytes;
}

Hash128 to_hash(std::string_view bytes) {
  std::array<std::uint64_t, 2> words{};
  for (std::size_t i = 0; i < 16 && i < bytes.size(); ++i) {
    words[i / 8] = words[i / 8] << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return {words[0], words[1]};
}

Database open_to_read(const fs::path &file, Database::Access access, JournalMode journal) {
  Database database(file, access);
  // A writer that keeps its lock is not worth waiting for.
  if (journal == JournalMode::rollback) database.execute("PRAGMA busy_timeout = 0");
  check_schema(database, file);
  return database;
}

Database open_beside_writer(const fs::path &file, JournalMode journal) {
  try {
    return open_to_read(file, Database::Access::read_only, journal);
  } catch (const DatabaseBusy &) {
    if (journal != JournalMode::rollback) throw;
    throw DatabaseBusy(
        fmt::format("{}: a run is writing to it, and on a disk that machines share only that run "
                    "can read it",
                    file.string()),
        "ask again when the run has ended; until then its own words tell how far it is");
  } catch (const Error &) {
    // A WAL needs a file beside it even for reading; a finished run on a read-only disk has none.
    if (access(file.parent_path().c_str(), W_OK) == 0 || fs::exists(file.string() + "-wal")) throw;
    return open_to_read(file, Database::Access::immutable, journal);
  }
}

fs::path lock_file(const fs::path &output_dir) {
  return ledger_file(output_dir).parent_path() / "lock";
}
// A lock on a shared disk is kept from the first look on: nobody else may come in between, and no
// memory is shared. TRUNCATE rather than DELETE: the folder on the server stays as it is.
constexpr const char *keep_the_lock = "PRAGMA locking_mode = EXCLUSIVE";
constexpr std::array<const char *, 2> journal_settings = {
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
    "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = FULL"};

}  // namespace

fs::path ledger_file(const fs::path &output_dir) {
  return output_dir / ".pictor" / ledger_name;
}

std::string ledger_holder(const fs::path &output_dir) {
  return lock_holder(lock_file(output_dir));
}

Ledger::Ledger(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ledger::Ledger(Ledger &&) noexcept = default;
Ledger &Ledger::operator=(Ledger &&) noexcept = default;
Ledger::~Ledger() = default;

Ledger Ledger::open(const fs::path &output_dir) {
  const fs::path folder = ledger_file(output_dir).parent_path();
  make_directories(folder);
  auto lock = std::make_unique<FolderLock>(folder / "lock", output_dir.string());
  Ledger ledger = open_in(folder, std::move(lock), journal_mode_in(folder));
  sync_directory(output_dir);
  return ledger;
}

Ledger Ledger::open_in(const fs::path &folder, std::unique_ptr<FolderLock> lock,
                       JournalMode journal) {
  const fs::path file = folder / ledger_name;
  Database database(file, Database::Access::read_write);
  if (journal == JournalMode::rollback) database.execute(keep_the_lock);
  migrate(database, file);
  database.execute(journal_settings[static_cast<std::size_t>(journal)]);
  // SQLite flushes the file; that the file has a name is up to the folders.
  sync_directory(folder);
  return Ledger(std::make_unique<Impl>(std::move(lock), std::move(database)));
}

Ledger Ledger::open_read_only(const fs::path &output_dir) {
  const fs::path file = ledger_file(output_dir);
  if (!fs::exists(file)) {
    if (const std::vector<Shard> shards = unmerged_shards(output_dir); !shards.empty()) {
      throw Error(fmt::format("{}: its shards are not merged yet: {}", output_dir.string(),
                              list_of(shards)),
                  "`pictor merge` makes them one dataset; `pictor status` counts them as they are");
    }
    throw Error(fmt::format("{}: no run of Pictor has written here", output_dir.string()),
                "name the output folder of a run");
  }
  return open_read_only_in(file.parent_path(), journal_mode_in(file.parent_path()));
}

Ledger Ledger::open_read_only_in(const fs::path &folder, JournalMode journal) {
  return Ledger(std::make_unique<Impl>(nullptr, open_beside_writer(folder / ledger_name, journal)));
}

void copy_ledger(const fs::path &from, const fs::path &to) {
  const fs::path file = ledger_file(to);
  make_directories(file.parent_path());
  open_beside_writer(ledger_file(from), journal_mode_in(ledger_file(from).parent_path()))
      .prepare("VACUUM INTO ?")
      .bind(1, file.string())
      .run();
}

Json Ledger::job() const {
  return impl_->note("job");
}

void Ledger::set_job(const Json &job) {
  Transaction transaction(impl_->database);
  impl_->set_note("job", job);
  impl_->grow_version();
  transaction.commit();
}

std::vector<RowNumber> Ledger::rows() const {
  std::vector<RowNumber> rows;
  rows.reserve(impl_->database.integer("SELECT count(*) FROM rows"));
  Statement select = impl_->database.prepare("SELECT number, key FROM rows ORDER BY number");
  while (select.step()) {
    rows.push_back({to_hash(select.text(1)), static_cast<std::uint32_t>(select.integer(0))});
  }
  return rows;
}

void Ledger::add_rows(std::span<const RowNumber> rows) {
  Transaction transaction(impl_->database);
  Statement insert = impl_->database.prepare("INSERT INTO rows VALUES (?, ?)");
  for (const RowNumber &row : rows) {
    insert.bind(1, std::int64_t{row.number}).bind_blob(2, to_blob(row.key)).run();
  }
  transaction.commit();
}

std::uint32_t Ledger::model_number(const std::string &name) {
  impl_->database
      .prepare(
          "INSERT OR IGNORE INTO models VALUES ((SELECT coalesce(max(number) + 1, 0) FROM models), "
          "?)")
      .bind(1, name)
      .run();
  Statement select = impl_->database.prepare("SELECT number FROM models WHERE name = ?");
  select.bind(1, name).step();
  return static_cast<std::uint32_t>(select.integer(0));
}

std::vector<std::string> Ledger::models() const {
  std::vector<std::string> models;
  Statement select = impl_->database.prepare("SELECT name FROM models ORDER BY number");
  while (select.step()) models.emplace_back(select.text(0));
  return models;
}

void Ledger::clear() {
  Transaction transaction(impl_->database);
  impl_->database.execute(
      "DELETE FROM samples; DELETE FROM started; DELETE FROM checkpoints; DELETE FROM rows; "
      "DELETE FROM models; DELETE FROM state WHERE name NOT IN ('version', 'spent_micros')");
  impl_->grow_version();
  transaction.commit();
}

std::int64_t Ledger::spent_micros() const {
  return static_cast<std::int64_t>(impl_->number("spent_micros"));
}

void Ledger::add_spent(std::int64_t micros) {
  impl_->add_spent(micros);
}

Json Ledger::last_run() const {
  return impl_->note("last_run");
}

void Ledger::set_last_run(const Json &note) {
  impl_->set_note("last_run", note);
}

std::uint64_t Ledger::unanswered() const {
  return impl_->database.integer("SELECT count(*) FROM started");
}

std::vector<std::string> Ledger::damage() const {
  std::vector<std::string> faults;
  try {
    Statement check = impl_->database.prepare("PRAGMA quick_check(10)");
    while (check.step()) faults.emplace_back(check.text(0));
  } catch (const Error &error) {
    faults.emplace_back(error.what());
  }
  if (faults == std::vector<std::string>{"ok"}) faults.clear();
  return faults;
}

std::uint64_t Ledger::version() const {
  return impl_->number("version");
}

std::uint64_t Ledger::derived_version() const {
  return impl_->number("derived_version");
}

void Ledger::set_derived_version(std::uint64_t version) {
  impl_->set_number("derived_version", version);
}

}  // namespace pictor::host
