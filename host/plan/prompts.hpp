#pragma once

#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/parameter.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pictor::host {

// One line of the prompt file, read and checked.
struct Row {
  std::string id;  // the user's, or empty; of one that was expanded "ID-" and part of its key
  std::string prompt;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint32_t> num_generations;
  std::string model;  // the `model` column; empty: the job's models
  // Request scope, by parameter id (aliases resolved), as one model reads them; images as absolute
  // paths.
  Parameters parameters;
  Json columns = Json::object();  // unknown columns under their names in the metadata, with the
                                  // types of Prompts::columns; absent ones are left out
  std::uint64_t line = 0;         // in the file, from 1
};

// A row that cannot be drawn, found before the first image.
struct BadRow {
  std::uint32_t index;  // position among all rows
  std::uint64_t line;
  std::string message;  // with the column's name and the value
};

// Why a model cannot draw a row; empty: it can. Texts may be anything.
using Objection = std::function<std::string(const Row &)>;

// What a row's columns may be: the request parameters of the models that the job names.
struct RowRules {
  // For each model of the job, by name. A column is checked against every model the row goes to.
  // The specs must outlive the Prompts.
  std::vector<std::pair<std::string, const std::vector<ParameterSpec> *>> models;
  // For each of them, parameters that a row must bring because the job has no value; may be left
  // empty.
  std::vector<std::vector<std::string>> missing;
  // For each of them, the models that may draw its rows in its stead; may be left empty.
  std::vector<std::vector<std::uint32_t>> stand_ins;
  // The first so many are the job's, which a `model` column may name; nothing: all.
  std::optional<std::uint32_t> nameable;
  // For each of them, parameters that were given with --param; may be left empty.
  std::vector<std::set<std::string>> pinned;
  // For each of them, what it has against a row, asked during the scan; null: nothing.
  std::vector<Objection> objections;
  bool strict = false;  // a bad row is an Error at once
};

// A prompt file that was read once: every row was expanded and checked, none is kept. Costs 32
// bytes a row of the file and 16 a row that it is expanded to.
//
//   .txt          one prompt a line
//   .csv, .tsv    RFC 4180 with a header; an empty cell is an absent value
//   .jsonl        an object a line, or a string: the prompt; null is an absent value
//   stdin, pipes  .jsonl when the first character is '{', else .txt
//   YAML list     as .jsonl
//
// Each of them may be gzip'd.
//
// Blank lines are passed over. Columns: `prompt` or `text`, `id`, `seed`, `num_generations`,
// `model`, and the request parameters of the models; all others travel to the metadata.
//
// With variants and a matrix each row of the file is expanded (plan/expansion.hpp); the rows of the
// job are what came out, those of one row of the file beside each other.
class Prompts {
 public:
  // Reads everything once. Throws Error for a missing or unreadable file, a bad header, a duplicate
  // id, a file without one valid row, and, when rules.strict, for the first bad row. Reads stdin
  // ("-") into a temporary file.
  static Prompts open(const JobConfig &job, const RowRules &rules);
  Prompts(Prompts &&) noexcept;
  Prompts &operator=(Prompts &&) noexcept;
  ~Prompts();

  std::uint32_t size() const;          // rows, bad ones included
  std::uint32_t rows_in_file() const;  // before they were expanded
  Hash128 key(
      std::uint32_t index) const;  // identity: the id, or the content and its occurrence number
  std::uint32_t num_generations(
      std::uint32_t index) const;  // the row's, or the job's; 0 for a bad row
  // Which of rules.models the row goes to: an index, or nothing for all of them.
  std::optional<std::uint32_t> model(std::uint32_t index) const;
  // Reads it again, as that model of the rules reads its parameters (a row with a `model` column is
  // always read as its own model or one of its stand-ins). Throws Error when the file was changed
  // since, std::out_of_range for a bad row. [any thread]
  Row row(std::uint32_t index, std::uint32_t model = 0) const;
  const std::vector<BadRow> &bad_rows() const;
  std::string at(std::uint64_t line) const;  // "rows.jsonl:7", safe for a terminal
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

// The seed of a row's picture k. With a seed of the row: that seed + k, modulo 2^63. Without: the
// low 32 bits of the hash of (job seed, row key, k), because tools of this field show and take
// seeds of that size. Both are valid for torch.Generator.manual_seed and as a signed 64-bit column.
std::uint64_t sample_seed(std::uint64_t job_seed, const std::optional<std::uint64_t> &row_seed,
                          const Hash128 &row_key, std::uint32_t generation);

}  // namespace pictor::host
