#include "ledger/ledger.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/lock.hpp"
#include "ledger/sample_row.hpp"
#include "ledger/schema.hpp"
#include "ledger/shard.hpp"
#include "ledger/sqlite.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view delete_started =
    "DELETE FROM started WHERE row = ? AND model = ? AND generation = ?";

std::int64_t unix_time_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

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

Statement &bind_key(Statement &statement, const SampleKey &key) {
  return statement.bind(1, std::int64_t{key.row})
      .bind(2, std::int64_t{key.model})
      .bind(3, std::int64_t{key.generation});
}

SampleKey read_key(const Statement &statement) {
  return {static_cast<std::uint32_t>(statement.integer(0)),
          static_cast<std::uint32_t>(statement.integer(1)),
          static_cast<std::uint32_t>(statement.integer(2))};
}

Failure lost_answer() {
  Failure failure;
  failure.outcome = Outcome::maybe_billed;
  failure.stage = "generate";
  failure.message = "the run ended after the request had left and before its answer came";
  return failure;
}

constexpr const char *file_name = "ledger.sqlite";

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
  return output_dir / ".pictor" / file_name;
}

std::string ledger_holder(const fs::path &output_dir) {
  return lock_holder(lock_file(output_dir));
}

struct Ledger::Impl {
  Impl(std::unique_ptr<FolderLock> held, Database opened)
      : lock(std::move(held)),
        database(std::move(opened)),
        get_state(database.prepare("SELECT value FROM state WHERE name = ?")) {}

  std::unique_ptr<FolderLock> lock;
  Database database;
  Statement get_state;

  std::uint64_t number(std::string_view name) {
    get_state.bind(1, name);
    const std::uint64_t value = get_state.step() ? get_state.integer(0) : 0;
    get_state.reset();
    return value;
  }
  void set_number(std::string_view name, std::uint64_t value) {
    database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)")
        .bind(1, name)
        .bind(2, static_cast<std::int64_t>(value))
        .run();
  }
  void add_spent(std::int64_t micros) {
    set_number("spent_micros", number("spent_micros") + micros);
  }
  Json note(std::string_view name) {
    get_state.bind(1, name);
    const bool known = get_state.step();
    Json json = known ? Json::parse(get_state.text(0), nullptr, false) : Json::object();
    get_state.reset();
    return json.is_discarded() ? Json::object() : json;
  }
  void set_note(std::string_view name, const Json &json) {
    database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)")
        .bind(1, name)
        .bind(2, json.dump(-1, ' ', false, Json::error_handler_t::replace))
        .run();
  }
  void grow_version() { set_number("version", number("version") + 1); }
};

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
  const fs::path file = folder / file_name;
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
  return Ledger(std::make_unique<Impl>(nullptr, open_beside_writer(folder / file_name, journal)));
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

void Ledger::for_each_outcome(const std::function<void(const SampleKey &, Outcome)> &visit) const {
  Statement select = impl_->database.prepare(
      "SELECT row, model, generation, outcome FROM samples INDEXED BY sample_outcomes "
      "ORDER BY row, model, generation");
  while (select.step()) visit(read_key(select), static_cast<Outcome>(select.integer(3)));
}

void Ledger::for_each_end(const std::function<void(const SampleEnd &)> &visit) const {
  Statement select =
      impl_->database.prepare(select_samples_sql() + " ORDER BY row, model, generation");
  while (select.step()) visit(read_sample(select));
}

std::optional<SampleEnd> Ledger::end(const SampleKey &key) const {
  Statement select = impl_->database.prepare(select_samples_sql() +
                                             " WHERE row = ? AND model = ? AND generation = ?");
  if (!bind_key(select, key).step()) return std::nullopt;
  return read_sample(select);
}

void Ledger::started(std::span<const StartedSample> samples) {
  const std::int64_t now = unix_time_ms();
  Transaction transaction(impl_->database);
  Statement insert =
      impl_->database.prepare("INSERT OR REPLACE INTO started VALUES (?, ?, ?, ?, ?)");
  for (const StartedSample &sample : samples) {
    bind_key(insert, sample.key).bind(4, now);
    sample.cost_micros ? insert.bind(5, *sample.cost_micros) : insert.bind_null(5);
    insert.run();
  }
  transaction.commit();
}

std::vector<StartedSample> Ledger::started_samples() const {
  std::vector<StartedSample> samples;
  Statement select = impl_->database.prepare(
      "SELECT row, model, generation, cost_micros, started_at_ms FROM started "
      "ORDER BY row, model, generation");
  while (select.step()) {
    StartedSample &sample = samples.emplace_back();
    sample.key = read_key(select);
    if (!select.is_null(3)) sample.cost_micros = select.integer(3);
    sample.started_at_ms = select.integer(4);
  }
  return samples;
}

void Ledger::withdrawn(std::span<const SampleKey> keys) {
  Transaction transaction(impl_->database);
  Statement remove = impl_->database.prepare(delete_started);
  for (const SampleKey &key : keys) bind_key(remove, key).run();
  transaction.commit();
}

void Ledger::ended(std::span<const SampleEnd> ends) {
  Transaction transaction(impl_->database);
  Statement insert = impl_->database.prepare(insert_sample_sql());
  Statement settle = impl_->database.prepare(delete_started);
  std::int64_t spent = 0;
  for (const SampleEnd &end : ends) {
    bind_sample(insert, end);
    insert.run();
    bind_key(settle, end.key).run();
    spent += end.cost_micros.value_or(0);
  }
  if (spent != 0) impl_->add_spent(spent);
  impl_->grow_version();
  transaction.commit();
}

std::uint64_t Ledger::settle_started() {
  Transaction transaction(impl_->database);
  impl_->database.execute(
      "DELETE FROM started WHERE EXISTS (SELECT 1 FROM checkpoints "
      "WHERE checkpoints.row = started.row AND checkpoints.model = started.model)");
  std::vector<SampleEnd> lost;
  Statement select =
      impl_->database.prepare("SELECT row, model, generation, cost_micros FROM started");
  while (select.step()) {
    SampleEnd &end = lost.emplace_back();
    end.key = read_key(select);
    if (!select.is_null(3)) end.cost_micros = select.integer(3);
    end.outcome = Outcome::maybe_billed;
    end.failure = lost_answer();
    end.finished_at_ms = unix_time_ms();
  }
  select.reset();
  Statement insert = impl_->database.prepare(insert_sample_sql());
  for (const SampleEnd &end : lost) {
    bind_sample(insert, end);
    insert.run();
    if (end.cost_micros) impl_->add_spent(*end.cost_micros);
  }
  impl_->database.execute("DELETE FROM started");
  if (!lost.empty()) impl_->grow_version();
  transaction.commit();
  return lost.size();
}

void Ledger::for_each_loose(const std::function<void(const SampleEnd &)> &visit) const {
  Statement select = impl_->database.prepare(
      select_samples_sql() +
      " WHERE outcome = 0 AND container IS NULL ORDER BY row, model, generation");
  while (select.step()) visit(read_sample(select));
}

std::vector<std::string> Ledger::containers() const {
  std::vector<std::string> names;
  Statement select = impl_->database.prepare(
      "SELECT DISTINCT container FROM samples WHERE container IS NOT NULL ORDER BY container");
  while (select.step()) names.emplace_back(select.text(0));
  return names;
}

void Ledger::contained(const std::string &container, std::span<const SampleKey> keys) {
  Transaction transaction(impl_->database);
  Statement update = impl_->database.prepare(
      "UPDATE samples SET container = ?4 WHERE row = ?1 AND model = ?2 AND generation = ?3");
  for (const SampleKey &key : keys) bind_key(update, key).bind(4, container).run();
  impl_->grow_version();
  transaction.commit();
}

void Ledger::placed(std::span<const SampleEnd> ends) {
  Transaction transaction(impl_->database);
  Statement update = impl_->database.prepare(
      "UPDATE samples SET file_name = ?4, container = nullif(?5, '') "
      "WHERE row = ?1 AND model = ?2 AND generation = ?3");
  for (const SampleEnd &end : ends) {
    bind_key(update, end.key).bind(4, end.file_name).bind(5, end.container).run();
  }
  impl_->grow_version();
  transaction.commit();
}

void Ledger::forget(std::span<const SampleKey> keys) {
  Transaction transaction(impl_->database);
  Statement remove =
      impl_->database.prepare("DELETE FROM samples WHERE row = ? AND model = ? AND generation = ?");
  for (const SampleKey &key : keys) bind_key(remove, key).run();
  impl_->grow_version();
  transaction.commit();
}

void Ledger::reopen(std::span<const SampleKey> keys) {
  Transaction transaction(impl_->database);
  Statement update = impl_->database.prepare(
      "UPDATE samples SET outcome = ?4 WHERE row = ?1 AND model = ?2 AND generation = ?3");
  for (const SampleKey &key : keys) {
    bind_key(update, key).bind(4, static_cast<std::int64_t>(Outcome::cancelled)).run();
  }
  impl_->grow_version();
  transaction.commit();
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

void Ledger::set_checkpoint(std::uint32_t row, std::uint32_t model, std::string_view bytes) {
  Statement statement = impl_->database.prepare(
      bytes.empty() ? "DELETE FROM checkpoints WHERE row = ? AND model = ?"
                    : "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)");
  statement.bind(1, std::int64_t{row}).bind(2, std::int64_t{model});
  if (!bytes.empty()) statement.bind_blob(3, bytes);
  statement.run();
}

std::string Ledger::checkpoint(std::uint32_t row, std::uint32_t model) const {
  Statement select =
      impl_->database.prepare("SELECT bytes FROM checkpoints WHERE row = ? AND model = ?");
  const bool known = select.bind(1, std::int64_t{row}).bind(2, std::int64_t{model}).step();
  return known ? std::string(select.text(0)) : std::string{};
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
