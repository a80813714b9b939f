#include "ledger/sample_row.hpp"

#include <fmt/format.h>

#include <array>

namespace pictor::host {

namespace {

enum Column : int {
  row,
  model,
  generation,
  outcome,
  row_id,
  file_name,
  sha256,
  file_size,
  seed,
  prompt,
  metadata,
  cost_micros,
  queue_ns,
  generate_ns,
  encode_ns,
  write_ns,
  finished_at_ms,
  stage,
  message,
  provider_code,
  parameter,
  details_json,
  http_status,
  retry_after_ms,
  stops_model,
  attempts,
  container,
  column_count,
};

constexpr std::array<const char *, column_count> column_names = {
    "row",       "model",          "generation",  "outcome",        "row_id",
    "file_name", "sha256",         "file_size",   "seed",           "prompt",
    "metadata",  "cost_micros",    "queue_ns",    "generate_ns",    "encode_ns",
    "write_ns",  "finished_at_ms", "stage",       "message",        "provider_code",
    "parameter", "details_json",   "http_status", "retry_after_ms", "stops_model",
    "attempts",  "container"};

std::string column_list() {
  std::string list;
  for (const char *name : column_names) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

// Writes values by column; SQLite counts parameters from 1.
class Values {
 public:
  explicit Values(Statement &statement) : statement_(statement) {}
  void set(Column column, std::int64_t value) { statement_.bind(column + 1, value); }
  void set(Column column, std::string_view text) { statement_.bind(column + 1, text); }
  void set_null(Column column) { statement_.bind_null(column + 1); }
  void set_or_null(Column column, std::string_view text) {
    text.empty() ? set_null(column) : set(column, text);
  }

 private:
  Statement &statement_;
};

void bind_picture(Values &values, const SampleEnd &end) {
  values.set_or_null(file_name, end.file_name);
  values.set_or_null(sha256, end.sha256);
  if (end.file_size > 0) {
    values.set(file_size, static_cast<std::int64_t>(end.file_size));
  } else {
    values.set_null(file_size);
  }
}

void bind_failure(Values &values, const std::optional<Failure> &failure) {
  if (!failure) {
    for (int column = stage; column <= stops_model; ++column) {
      values.set_null(static_cast<Column>(column));
    }
    return;
  }
  values.set(stage, failure->stage);
  values.set(message, failure->message);
  values.set_or_null(provider_code, failure->provider_code);
  values.set_or_null(parameter, failure->parameter);
  values.set_or_null(details_json, failure->details_json);
  values.set(http_status, failure->http_status);
  values.set(retry_after_ms, failure->retry_after_ms);
  values.set(stops_model, failure->stops_model ? 1 : 0);
}

Failure read_failure(const Statement &statement, Outcome ended_as) {
  Failure failure;
  failure.outcome = ended_as;
  failure.stage = statement.text(stage);
  failure.message = statement.text(message);
  failure.provider_code = statement.text(provider_code);
  failure.parameter = statement.text(parameter);
  failure.details_json = statement.text(details_json);
  failure.http_status = static_cast<int>(statement.integer(http_status));
  failure.retry_after_ms = statement.integer(retry_after_ms);
  failure.stops_model = statement.integer(stops_model) != 0;
  return failure;
}

}  // namespace

std::string insert_sample_sql() {
  std::string marks = "?";
  for (int column = 1; column < column_count; ++column) marks += ", ?";
  std::string replaced;
  for (int column = outcome; column < column_count; ++column) {
    if (column == attempts || column == cost_micros) continue;
    replaced += fmt::format("{0} = excluded.{0}, ", column_names[column]);
  }
  return fmt::format(
      "INSERT INTO samples ({}) VALUES ({}) ON CONFLICT (row, model, generation) DO UPDATE SET {}"
      "attempts = attempts + excluded.attempts, cost_micros = CASE WHEN cost_micros IS NULL THEN "
      "excluded.cost_micros ELSE cost_micros + coalesce(excluded.cost_micros, 0) END",
      column_list(), marks, replaced);
}

std::string select_samples_sql() {
  return "SELECT " + column_list() + " FROM samples";
}

void bind_sample(Statement &statement, const SampleEnd &end) {
  Values values(statement);
  values.set(row, end.key.row);
  values.set(model, end.key.model);
  values.set(generation, end.key.generation);
  values.set(outcome, static_cast<std::int64_t>(end.outcome));
  values.set(row_id, end.row_id);
  bind_picture(values, end);
  if (end.seed) {
    values.set(seed, static_cast<std::int64_t>(*end.seed));
  } else {
    values.set_null(seed);
  }
  values.set(prompt, end.prompt);
  // Bytes that are not UTF-8 must not lose a sample that is drawn and paid for.
  values.set(metadata, json_line(end.metadata));
  if (end.cost_micros) {
    values.set(cost_micros, *end.cost_micros);
  } else {
    values.set_null(cost_micros);
  }
  values.set(queue_ns, end.queue_ns);
  values.set(generate_ns, end.generate_ns);
  values.set(encode_ns, end.encode_ns);
  values.set(write_ns, end.write_ns);
  values.set(finished_at_ms, end.finished_at_ms);
  bind_failure(values, end.failure);
  values.set(attempts, end.attempts);
  values.set_or_null(container, end.container);
}

SampleEnd read_sample(const Statement &statement) {
  SampleEnd end;
  end.key.row = static_cast<std::uint32_t>(statement.integer(row));
  end.key.model = static_cast<std::uint32_t>(statement.integer(model));
  end.key.generation = static_cast<std::uint32_t>(statement.integer(generation));
  end.outcome = static_cast<Outcome>(statement.integer(outcome));
  end.row_id = statement.text(row_id);
  end.file_name = statement.text(file_name);
  end.sha256 = statement.text(sha256);
  end.file_size = static_cast<std::uint64_t>(statement.integer(file_size));
  if (!statement.is_null(seed)) end.seed = static_cast<std::uint64_t>(statement.integer(seed));
  end.prompt = statement.text(prompt);
  end.metadata = Json::parse(statement.text(metadata), nullptr, false);
  if (end.metadata.is_discarded()) end.metadata = Json::object();
  if (!statement.is_null(cost_micros)) end.cost_micros = statement.integer(cost_micros);
  end.queue_ns = statement.integer(queue_ns);
  end.generate_ns = statement.integer(generate_ns);
  end.encode_ns = statement.integer(encode_ns);
  end.write_ns = statement.integer(write_ns);
  end.finished_at_ms = statement.integer(finished_at_ms);
  end.attempts = static_cast<std::uint32_t>(statement.integer(attempts));
  end.container = statement.text(container);
  if (!statement.is_null(stage)) end.failure = read_failure(statement, end.outcome);
  return end;
}

}  // namespace pictor::host
