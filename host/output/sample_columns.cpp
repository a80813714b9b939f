#include "output/sample_columns.hpp"

#include "base/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

namespace pictor::host {

namespace {

using Type = SampleColumns::Type;
using Column = SampleColumns::Column;

constexpr std::array<std::string_view, 4> type_names = {"string", "integer", "number", "boolean"};
constexpr std::string_view extra = "extra";

// Columns whose type does not depend on the records that are there when a dataset is begun.
const std::vector<Column> &first_columns() {
  static const std::vector<Column> columns = {
      {"text", Type::string},    {"seed", Type::integer},         {"width", Type::integer},
      {"height", Type::integer}, {"model", Type::string},         {"model_name", Type::string},
      {"plugin", Type::string},  {"plugin_version", Type::string}};
  return columns;
}

const std::vector<Column> &last_columns() {
  static const std::vector<Column> columns = {
      {"revised_prompt", Type::string}, {"finish_reason", Type::string},
      {"model_version", Type::string},  {"provider_request_id", Type::string},
      {"cost", Type::string},           {"cost_currency", Type::string},
      {"sha256", Type::string},         {std::string(extra), Type::string}};
  return columns;
}

bool is_fixed(const std::string &name) {
  const auto has = [&](const std::vector<Column> &columns) {
    return std::any_of(columns.begin(), columns.end(),
                       [&](const Column &column) { return column.name == name; });
  };
  return has(first_columns()) || has(last_columns());
}

std::optional<std::int64_t> whole(const Json &value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return std::nullopt;
}

Type type_of(const Json &value) {
  if (value.is_boolean()) return Type::boolean;
  if (whole(value)) return Type::integer;
  if (value.is_number_float() && std::isfinite(value.get<double>())) return Type::number;
  return Type::string;
}

// The value as its column has it; nothing: it does not fit.
std::optional<Json> fitted(const Json &value, Type type) {
  switch (type) {
    case Type::string:
      return value.is_string() ? value : Json(json_line(value));
    case Type::integer:
      if (const auto number = whole(value)) return *number;
      break;
    case Type::number:
      if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
      break;
    case Type::boolean:
      if (value.is_boolean()) return value;
      break;
  }
  return std::nullopt;
}

Json blank(const Column &column) {
  switch (column.type) {
    case Type::integer:
      return column.name == "seed" ? -1 : 0;
    case Type::number:
      return 0.0;
    case Type::boolean:
      return false;
    case Type::string:
      break;
  }
  return "";
}

}  // namespace

SampleColumns::SampleColumns(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (std::size_t i = 0; i < columns_.size(); ++i) index_[columns_[i].name] = i;
}

Json SampleColumns::fit(const Json &record) const {
  std::vector<Json> values(columns_.size());
  Json rest = Json::object();
  for (const auto &[name, value] : record.items()) {
    if (value.is_null()) continue;
    const auto column = name == extra ? index_.end() : index_.find(name);
    std::optional<Json> fits;
    if (column != index_.end()) fits = fitted(value, columns_[column->second].type);
    if (fits) {
      values[column->second] = std::move(*fits);
    } else {
      rest[name] = value;
    }
  }
  Json::object_t line;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column &column = columns_[i];
    Json &value = values[i];
    if (column.name == extra && !rest.empty()) value = json_line(rest);
    line.push_back({column.name, value.is_null() ? blank(column) : std::move(value)});
  }
  return line;
}

Json to_json(const SampleColumns &columns) {
  Json json = Json::array();
  for (const Column &column : columns.columns()) {
    json.push_back({column.name, type_names[static_cast<std::size_t>(column.type)]});
  }
  return json;
}

SampleColumns sample_columns_from_json(const Json &json) {
  std::vector<Column> columns;
  try {
    for (const Json &pair : json) {
      const auto type = std::find(type_names.begin(), type_names.end(),
                                  pair.at(1).get_ref<const std::string &>());
      if (type == type_names.end()) throw std::out_of_range("no such type");
      columns.push_back(
          {pair.at(0).get<std::string>(), static_cast<Type>(type - type_names.begin())});
    }
  } catch (const std::exception &) {
    throw Error("the ledger's record of the dataset's columns is broken",
                "use a new output folder, or restore .pictor/ledger.sqlite", ExitCode::internal);
  }
  return SampleColumns(std::move(columns));
}

void ColumnSurvey::observe(const Json &record) {
  ++records_;
  for (const auto &[name, value] : record.items()) {
    if (value.is_null() || is_fixed(name)) continue;
    const auto [found, is_new] = seen_.try_emplace(name);
    Seen &seen = found->second;
    const Type type = type_of(value);
    if (is_new) {
      order_.push_back(name);
      seen.type = type;
    }
    ++seen.records;
    if (type == seen.type) continue;
    const auto numeric = [](Type each) { return each == Type::integer || each == Type::number; };
    if (numeric(type) && numeric(seen.type)) {
      seen.type = Type::number;
    } else {
      seen.mixed = true;
    }
  }
}

SampleColumns ColumnSurvey::finish() const {
  std::vector<Column> columns = first_columns();
  for (const std::string &name : order_) {
    const Seen &seen = seen_.at(name);
    const bool typed = seen.records == records_ && !seen.mixed;
    columns.push_back({name, typed ? seen.type : Type::string});
  }
  columns.insert(columns.end(), last_columns().begin(), last_columns().end());
  return SampleColumns(std::move(columns));
}

}  // namespace pictor::host
