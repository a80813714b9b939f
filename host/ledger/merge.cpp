#include "ledger/merge.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "ledger/journal.hpp"
#include "ledger/ledger_impl.hpp"
#include "ledger/schema.hpp"
#include "ledger/sqlite.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

// The tables that hold rows of their own in each ledger, also those that later versions add.
std::vector<std::string> tables_to_copy(Database &database) {
  std::vector<std::string> tables;
  Statement select = database.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
      "AND name NOT IN ('state', 'models', 'outcome_names') ORDER BY name");
  while (select.step()) tables.emplace_back(select.text(0));
  return tables;
}

// File names are made from models' numbers, so these must mean the same everywhere.
void take_models(Database &database, const fs::path &from) {
  database.execute("INSERT OR IGNORE INTO main.models SELECT * FROM shard.models");
  Statement other = database.prepare(
      "SELECT theirs.name FROM shard.models AS theirs LEFT JOIN main.models AS ours "
      "ON ours.number = theirs.number AND ours.name = theirs.name WHERE ours.name IS NULL");
  if (!other.step()) return;
  throw Error(fmt::format("{}: gives the model {} another number than the ledgers before it",
                          (from / ledger_name).string(), other.text(0)),
              "its job named other models from the beginning; draw it in an output folder of its "
              "own");
}

void take_ledger(Database &database, const fs::path &from) {
  database.prepare("ATTACH ? AS shard").bind(1, (from / ledger_name).string()).run();
  {
    Transaction transaction(database);
    take_models(database, from);
    for (const std::string &table : tables_to_copy(database)) {
      database.execute(fmt::format("INSERT INTO main.{0} SELECT * FROM shard.{0}", table));
    }
    for (const char *sum : {"spent_micros", "version"}) {
      database
          .prepare(
              "INSERT OR REPLACE INTO main.state SELECT ?1, sum(value) FROM (SELECT value FROM "
              "main.state WHERE name = ?1 UNION ALL SELECT value FROM shard.state WHERE name = ?1) "
              "HAVING count(*) > 0")
          .bind(1, std::string_view(sum))
          .run();
    }
    transaction.commit();
  }
  database.execute("DETACH shard");
}

}  // namespace

void merge_ledgers(const fs::path &folder, std::span<const fs::path> from, const Json &job) {
  const fs::path file = folder / ledger_name;
  Database database(file, Database::Access::read_write);
  if (journal_mode_in(folder) == JournalMode::rollback) {
    database.execute("PRAGMA locking_mode = EXCLUSIVE");
  }
  database.execute("PRAGMA synchronous = FULL");
  migrate(database, file);
  for (const fs::path &each : from) take_ledger(database, each);
  database.prepare("INSERT OR REPLACE INTO state VALUES ('job', ?)").bind(1, job.dump()).run();
  sync_directory(folder);
}

}  // namespace pictor::host
