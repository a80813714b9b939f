#include "base/unix_time.hpp"
#include "ledger/ledger_impl.hpp"
#include "ledger/sample_row.hpp"

namespace pictor::host {

namespace {

constexpr std::string_view delete_checkpoint =
    "DELETE FROM checkpoints WHERE row = ? AND model = ?";
constexpr std::string_view delete_started =
    "DELETE FROM started WHERE row = ? AND model = ? AND generation = ?";

Statement &bind_key(Statement &statement, const SampleKey &key) {
  return statement.bind(1, std::int64_t{key.row})
      .bind(2, std::int64_t{key.model})
      .bind(3, std::int64_t{key.generation});
}

Statement &bind_request(Statement &statement, const RequestKey &key) {
  return statement.bind(1, std::int64_t{key.row}).bind(2, std::int64_t{key.model});
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

}  // namespace

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

void Ledger::ended(std::span<const SampleEnd> ends, std::span<const RequestKey> closed) {
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
  Statement forget = impl_->database.prepare(delete_checkpoint);
  for (const RequestKey &key : closed) bind_request(forget, key).run();
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

void Ledger::set_checkpoints(std::span<const Checkpoint> checkpoints) {
  Transaction transaction(impl_->database);
  Statement insert = impl_->database.prepare("INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)");
  Statement remove = impl_->database.prepare(delete_checkpoint);
  for (const Checkpoint &checkpoint : checkpoints) {
    Statement &statement = checkpoint.bytes.empty() ? remove : insert;
    bind_request(statement, checkpoint.key);
    if (!checkpoint.bytes.empty()) statement.bind_blob(3, checkpoint.bytes);
    statement.run();
  }
  transaction.commit();
}

std::string Ledger::checkpoint(std::uint32_t row, std::uint32_t model) const {
  Statement select =
      impl_->database.prepare("SELECT bytes FROM checkpoints WHERE row = ? AND model = ?");
  const bool known = select.bind(1, std::int64_t{row}).bind(2, std::int64_t{model}).step();
  return known ? std::string(select.text(0)) : std::string{};
}

}  // namespace pictor::host
