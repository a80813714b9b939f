#pragma once

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/parameter.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// One line of the prompt file, read and checked.
struct Row {
  std::string id;  // the user's, or empty
  std::string prompt;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint32_t> num_generations;
  std::string model;  // the `model` column; empty: the job's models
  Parameters
      parameters;  // request scope, by parameter id (aliases resolved); images as absolute paths
  Json columns = Json::object();  // unknown columns, for the metadata
  std::uint64_t line = 0;         // in the file, from 1
};

// A row that cannot be drawn, found before the first image.
struct BadRow {
  std::uint32_t index;  // position among all rows of the file
  std::uint64_t line;
  std::string message;  // with the column's name and the value
};

// What a row's columns may be: the request parameters of the models that the job names.
struct RowRules {
  // For each model of the job, by name. A column is checked against every model the row goes to.
  std::vector<std::pair<std::string, const std::vector<ParameterSpec> *>> models;
  bool strict = false;  // a bad row is an Error at once
};

// A prompt file after one pass: every row was read and checked, none is kept. Costs about 40 bytes
// a row.
class Prompts {
 public:
  // Reads everything once. Throws Error for a missing or unreadable file, a bad header, a duplicate
  // id, a file without one valid row, and, when rules.strict, for the first bad row. Reads stdin
  // ("-") into a temporary file.
  static Prompts open(const JobConfig &job, const RowRules &rules);
  Prompts(Prompts &&) noexcept;
  Prompts &operator=(Prompts &&) noexcept;
  ~Prompts();

  std::uint32_t size() const;  // rows, bad ones included
  Hash128 key(
      std::uint32_t index) const;  // identity: the id, or the content and its occurrence number
  std::uint32_t num_generations(
      std::uint32_t index) const;  // the row's, or the job's; 0 for a bad row
  // Which of rules.models the row goes to: an index, or nothing for all of them.
  std::optional<std::uint32_t> model(std::uint32_t index) const;
  Row row(std::uint32_t index) const;  // reads it again; [any thread]
  const std::vector<BadRow> &bad_rows() const;
  // The union of unknown columns: name in the metadata ("row_" before names of ours) -> JSON type
  // name
  // ("string", "integer", "number", "boolean", "json"); mixed types are "string".
  const std::vector<std::pair<std::string, std::string>> &columns() const;
  const std::vector<std::string> &warnings()
      const;  // "column 'stpes' is not a parameter; did you mean 'steps'?"

 private:
  struct Impl;
  explicit Prompts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The seed of a row's picture k: the row's own seed + k, or derived from the job's seed and the
// row's identity.
std::uint64_t sample_seed(std::uint64_t job_seed, const std::optional<std::uint64_t> &row_seed,
                          const Hash128 &row_key, std::uint32_t generation);

}  // namespace pictor::host
