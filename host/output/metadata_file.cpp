#include "output/metadata_file.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pictor::host {

namespace {

enum class ColumnType { none, boolean, integer, number, text };

ColumnType type_of(const Json &value) {
  switch (value.type()) {
    case Json::value_t::null:
      return ColumnType::none;
    case Json::value_t::boolean:
      return ColumnType::boolean;
    case Json::value_t::number_integer:
      return ColumnType::integer;
    case Json::value_t::number_unsigned:
      return value.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}
                 ? ColumnType::integer
                 : ColumnType::text;
    case Json::value_t::number_float:  // JSON has no infinities
      return std::isfinite(value.get<double>()) ? ColumnType::number : ColumnType::none;
    default:
      return ColumnType::text;
  }
}

ColumnType wider(ColumnType a, ColumnType b) {
  if (a == b || b == ColumnType::none) return a;
  if (a == ColumnType::none) return b;
  const auto is_numeric = [](ColumnType type) {
    return type == ColumnType::integer || type == ColumnType::number;
  };
  return is_numeric(a) && is_numeric(b) ? ColumnType::number : ColumnType::text;
}

struct Column {
  std::string name;     // in the records
  std::string written;  // in the file
  ColumnType type = ColumnType::none;
};

// All columns of a source: the first pass.
class Columns {
 public:
  Columns() {
    at("file_name").type = ColumnType::text;
    at("text").type = ColumnType::text;
  }

  void add(const Json &record) {
    for (const auto &[name, value] : record.items()) {
      Column &column = at(name);
      column.type = wider(column.type, type_of(value));
    }
  }

  // Leaves out what is null everywhere and gives the others their names in the file.
  std::vector<Column> finish() && {
    std::erase_if(columns_, [](const Column &column) { return column.type == ColumnType::none; });
    std::unordered_set<std::string> names;
    for (Column &column : columns_) {
      if (!is_taken_by_loader(column.name)) names.insert(column.written = column.name);
    }
    for (Column &column : columns_) {
      if (!column.written.empty()) continue;
      column.written = column.name + "_value";
      while (!names.insert(column.written).second) column.written += "_value";
    }
    return std::move(columns_);
  }

 private:
  Column &at(const std::string &name) {
    const auto [found, is_new] = index_.try_emplace(name, columns_.size());
    if (is_new) columns_.push_back({name, {}, ColumnType::none});
    return columns_[found->second];
  }

  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t> index_;
};

Json converted(const Json &value, ColumnType type) {
  if (type_of(value) == ColumnType::none) return nullptr;
  if (type == ColumnType::number) return value.get<double>();
  if (type == ColumnType::text && !value.is_string()) return json_line(value);
  return value;
}

std::string line_of(const Json &record, const std::vector<Column> &columns) {
  Json::object_t line;
  for (const Column &column : columns) {
    const auto found = record.find(column.name);
    Json value = found == record.end() ? Json() : converted(*found, column.type);
    if (value.is_null() && column.name == "text") value = "";
    // push_back, not operator[]: that searches the line for the key.
    line.push_back({column.written, std::move(value)});
  }
  return json_line(line) + '\n';
}

}  // namespace

bool is_taken_by_loader(std::string_view name) {
  return name == "image" || name == "file_names" || name.ends_with("_file_name") ||
         name.ends_with("_file_names");
}

std::uint64_t write_metadata_file(const std::filesystem::path &path, const RecordSource &source) {
  Columns found;
  source([&](const Json &record) { found.add(record); });
  const std::vector<Column> columns = std::move(found).finish();
  AtomicFile file(path);
  std::uint64_t lines = 0;
  source([&](const Json &record) {
    file.write(line_of(record, columns));
    ++lines;
  });
  file.commit();
  return lines;
}

}  // namespace pictor::host
