#include "ledger/schema.hpp"

#include "base/error.hpp"
#include "base/outcome.hpp"

#include <fmt/format.h>

#include <array>

namespace pictor::host {

namespace {

// "Pict", in the file's header: tells a ledger from any other SQLite file.
constexpr std::int64_t application_id = 0x50696374;

constexpr const char *first_schema = R"sql(
CREATE TABLE state (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE models (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE rows (number INTEGER PRIMARY KEY, key BLOB NOT NULL);
CREATE TABLE outcome_names (number INTEGER PRIMARY KEY, name TEXT NOT NULL);

-- One ended sample each. `row` is rows.number, `model` models.number.
CREATE TABLE samples (
  row INTEGER NOT NULL,
  model INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  row_id TEXT NOT NULL,
  file_name TEXT,
  sha256 TEXT,
  file_size INTEGER,
  seed INTEGER,
  prompt TEXT NOT NULL,
  metadata TEXT NOT NULL,
  cost_micros INTEGER,
  queue_ns INTEGER NOT NULL,
  generate_ns INTEGER NOT NULL,
  encode_ns INTEGER NOT NULL,
  write_ns INTEGER NOT NULL,
  finished_at_ms INTEGER NOT NULL,
  stage TEXT,
  message TEXT,
  provider_code TEXT,
  parameter TEXT,
  details_json TEXT,
  http_status INTEGER,
  retry_after_ms INTEGER,
  stops_model INTEGER,
  PRIMARY KEY (row, model, generation)
) WITHOUT ROWID;
-- All that a resumed run reads: small where `samples` is wide.
CREATE INDEX sample_outcomes ON samples (row, model, generation, outcome);

-- Billed requests that left, until their end is recorded.
CREATE TABLE started (
  row INTEGER NOT NULL,
  model INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  PRIMARY KEY (row, model, generation)
) WITHOUT ROWID;

CREATE TABLE checkpoints (
  row INTEGER NOT NULL,
  model INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (row, model)
) WITHOUT ROWID;

-- The table to ask: SELECT outcome, count(*) FROM outcomes GROUP BY outcome;
CREATE VIEW outcomes AS
SELECT samples.row AS row, samples.row_id AS id, models.name AS model,
       samples.generation AS generation, outcome_names.name AS outcome,
       samples.file_name AS file_name, samples.seed AS seed, samples.prompt AS prompt,
       samples.message AS error, samples.stage AS stage, samples.http_status AS http_status,
       samples.provider_code AS provider_code, samples.sha256 AS sha256,
       samples.file_size AS file_size, samples.cost_micros / 1e6 AS cost,
       samples.generate_ns / 1e9 AS generate_seconds,
       datetime(samples.finished_at_ms / 1000, 'unixepoch') AS finished_at
FROM samples
JOIN models ON models.number = samples.model
JOIN outcome_names ON outcome_names.number = samples.outcome;
)sql";

constexpr const char *second_schema = R"sql(
ALTER TABLE samples ADD COLUMN attempts INTEGER NOT NULL DEFAULT 1;
ALTER TABLE samples ADD COLUMN container TEXT;
ALTER TABLE started ADD COLUMN cost_micros INTEGER;
DROP VIEW outcomes;
CREATE VIEW outcomes AS
SELECT samples.row AS row, samples.row_id AS id, models.name AS model,
       samples.generation AS generation, outcome_names.name AS outcome,
       samples.attempts AS attempts, samples.container AS container,
       samples.file_name AS file_name, samples.seed AS seed, samples.prompt AS prompt,
       samples.message AS error, samples.stage AS stage, samples.http_status AS http_status,
       samples.provider_code AS provider_code, samples.sha256 AS sha256,
       samples.file_size AS file_size, samples.cost_micros / 1e6 AS cost,
       samples.queue_ns / 1e9 AS queue_seconds, samples.generate_ns / 1e9 AS generate_seconds,
       samples.encode_ns / 1e9 AS encode_seconds, samples.write_ns / 1e9 AS write_seconds,
       datetime(samples.finished_at_ms / 1000, 'unixepoch') AS finished_at
FROM samples
JOIN models ON models.number = samples.model
JOIN outcome_names ON outcome_names.number = samples.outcome;
)sql";

// Step k brings a ledger from user_version k to k + 1: only append.
constexpr std::array migrations = {first_schema, second_schema};

void name_outcomes(Database &database) {
  Statement statement = database.prepare("INSERT OR REPLACE INTO outcome_names VALUES (?, ?)");
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    statement.bind(1, static_cast<std::int64_t>(i)).bind(2, outcome_names[i]).run();
  }
}

bool is_empty(Database &database) {
  return database.integer("SELECT count(*) FROM sqlite_schema") == 0;
}

// The version of a ledger that this program knows; 0: nothing was made yet.
std::int64_t known_version(Database &database, const std::filesystem::path &file) {
  if (database.integer("PRAGMA application_id") != application_id) {
    throw Error(fmt::format("{}: not a ledger of Pictor", file.string()),
                "choose another output folder");
  }
  const std::int64_t version = database.integer("PRAGMA user_version");
  if (version > static_cast<std::int64_t>(migrations.size())) {
    throw Error(fmt::format("{}: written by a newer Pictor (ledger version {}, this one knows {})",
                            file.string(), version, migrations.size()),
                "update Pictor, or choose another output folder");
  }
  return version;
}

}  // namespace

void check_schema(Database &database, const std::filesystem::path &file) {
  if (known_version(database, file) < static_cast<std::int64_t>(migrations.size())) {
    throw Error(
        fmt::format("{}: made by an older Pictor, or by a run that stopped at once", file.string()),
        "run the job again: it brings the ledger up to date");
  }
}

void migrate(Database &database, const std::filesystem::path &file) {
  if (is_empty(database)) {
    // Room for a whole sample in a leaf: SQLite keeps at most a quarter of a page in place.
    database.execute("PRAGMA page_size = 8192");
    database.execute(fmt::format("PRAGMA application_id = {}", application_id));
  }
  const std::int64_t version = known_version(database, file);
  if (version == static_cast<std::int64_t>(migrations.size())) return;
  Transaction transaction(database);
  for (std::size_t step = version; step < migrations.size(); ++step) {
    database.execute(migrations[step]);
  }
  name_outcomes(database);
  database.execute(fmt::format("PRAGMA user_version = {}", migrations.size()));
  transaction.commit();
}

}  // namespace pictor::host
