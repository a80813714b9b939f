#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pictor::host {

// The columns of the json files of a WebDataset. Its readers take names and types from the first
// few samples and accept no null, so both are settled when the dataset is begun and every json file
// has every column.
class SampleColumns {
 public:
  enum class Type { string, integer, number, boolean };
  struct Column {
    std::string name;
    Type type = Type::string;
  };

  SampleColumns() = default;
  explicit SampleColumns(std::vector<Column> columns);

  // The record (a line of metadata.jsonl) with exactly these columns. What is absent is "", 0 or
  // false, and -1 for a seed. A value that has no column, or not its column's type, is in the last
  // one, `extra`: JSON text, "" for nothing.
  Json fit(const Json &record) const;

  const std::vector<Column> &columns() const { return columns_; }

 private:
  std::vector<Column> columns_;
  std::unordered_map<std::string, std::size_t> index_;
};

// As the ledger keeps them. from_json throws Error for what to_json cannot have written.
Json to_json(const SampleColumns &columns);
SampleColumns sample_columns_from_json(const Json &json);

// Finds the columns by looking at what records are known: a column that all of them have, with
// values of one type, has that type; others are strings. What only providers tell is always there,
// as a string.
class ColumnSurvey {
 public:
  void observe(const Json &record);
  SampleColumns finish() const;

 private:
  struct Seen {
    std::uint64_t records = 0;
    bool mixed = false;
    SampleColumns::Type type = SampleColumns::Type::string;
  };
  std::vector<std::string> order_;
  std::unordered_map<std::string, Seen> seen_;
  std::uint64_t records_ = 0;
};

}  // namespace pictor::host
