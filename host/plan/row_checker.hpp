#pragma once

#include "plan/prompts.hpp"
#include "plan/row_fields.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pictor::host {

// What a seed may be, in a row as in a matrix.
const ParameterSpec &seed_spec();

// A row with what the scan needs beyond it.
struct CheckedRow {
  Row row;                               // without line, and without columns
  std::optional<std::uint32_t> model;    // an index into the rules; nothing: all of them
  std::vector<const RowField *> others;  // the columns that are no parameters
};

// Tells what each column of a row means and whether its value can be used.
class RowChecker {
 public:
  // `rules` is kept by reference, `folder` is where relative paths of pictures start.
  RowChecker(const RowRules &rules, std::filesystem::path folder);

  // Checks every column against every model that the row goes to; `row.parameters` are those of
  // `as_model` (ignored for a row with a model of its own). Throws RowError, which names column and
  // value. `checked.others` points into `fields`. [any thread]
  void check(const RowFields &fields, bool from_text, std::uint32_t as_model,
             CheckedRow &checked) const;

  // Whether the name is a column of ours or a parameter of some model.
  bool knows(const std::string &name) const { return columns_.contains(name); }

  // Whether a row with that `model` column may be drawn by that model of the rules.
  bool goes_to(const std::optional<std::uint32_t> &named, std::uint32_t model) const;

  // Why that unknown column is worth a word: near to a name that is known, or a usual parameter
  // that no model of the job has. Empty: nothing to say.
  std::string doubt_about(const std::string &name) const;

  // Of a parameter that some models of the job do not have: what a user must know; else empty.
  std::string gaps_of(const std::string &name) const;

 private:
  enum class Role { prompt, id, seed, num_generations, model, parameter };
  struct Column {
    Role role;
    std::vector<const ParameterSpec *> specs;  // of a parameter: by model; null where it has none
  };

  void take(const RowField &field, bool from_text, CheckedRow &checked) const;
  void take_model(const RowFields &fields, CheckedRow &checked) const;
  void take_parameter(const RowField &field, const Column &column, bool from_text,
                      std::uint32_t as_model, CheckedRow &checked) const;
  void require_missing(const RowFields &fields, const CheckedRow &checked) const;
  Json parameter_value(const ParameterSpec &spec, const RowField &field, bool from_text) const;

  const RowRules &rules_;
  std::filesystem::path folder_;
  std::map<std::string, Column, std::less<>> columns_;
};

}  // namespace pictor::host
