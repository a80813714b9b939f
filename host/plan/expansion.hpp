#pragma once

#include "base/hash.hpp"
#include "config/config.hpp"
#include "plan/matrix.hpp"
#include "plan/row_fields.hpp"
#include "plan/template_text.hpp"
#include "plan/wildcards.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace pictor::host {

// What one row of the prompt file becomes: combinations 0 .. count() - 1. Refers to the row and to
// the Expander.
class Expansion {
 public:
  std::uint64_t count() const;  // saturating
  // Nothing of the row varies: it stays one row, which is known as if nothing were expanded.
  bool is_plain() const { return plain_; }
  bool is_drawn() const { return drawn_; }
  // Whether a template of the row names that column.
  bool fills_in(const std::string &column) const;
  // Before the first write() when it is drawn: who the row is.
  void set_seed(std::uint64_t job_seed, const Hash128 &row, std::uint32_t occurrence);

  // The columns of a combination, in place of what `fields` holds. `chosen`: what tells it from the
  // row's other combinations, for key_of_choice. Throws RowError.
  void write(std::uint64_t number, RowFields &fields, RowFields &chosen) const;
  // The columns with the first values of the matrix, the templates as they are.
  void write_unfilled(RowFields &fields) const;
  // "prompt 12 x guidance_scale 3"
  std::string factors() const;

 private:
  friend class Expander;
  struct Column {
    std::size_t index;  // in the row
    TemplateText text;
  };
  explicit Expansion(const RowFields &row, const Matrix &matrix) : row_(row), matrix_(matrix) {}

  const RowFields &row_;
  const Matrix &matrix_;
  std::vector<Column> columns_;  // that are templates
  std::uint64_t variants_ = 1;   // combinations of them, or draws
  bool drawn_ = false, plain_ = true;
  std::uint64_t seed_ = 0;
};

// How rows of the prompt file become rows of the job: the choices in their prompts, times the
// matrix.
class Expander {
 public:
  // Throws Error for a matrix or a folder of wildcards that cannot be used.
  Expander(const JobConfig &job, const RowRules &rules);

  bool is_on() const { return variants_ != Variants::off || !matrix_.empty(); }
  bool draws() const { return variants_ == Variants::random; }
  // Throws RowError for a template that cannot be read, Error for a wildcard file that cannot.
  // `row` must outlive the result. [any thread]
  Expansion expand(const RowFields &row) const;
  // The column of the row that the matrix gives as well, in words; empty when there is none.
  std::string conflict_in(const RowFields &row) const;
  // What a user must know of a row that is taken as it stands; else empty.
  std::string doubt_about(const RowFields &row) const;

 private:
  TemplateText parse(const RowFields &row, const RowField &field) const;
  void require_columns(const RowFields &row, const TemplateText &text) const;

  Variants variants_;
  std::uint32_t draws_;
  Matrix matrix_;
  mutable Wildcards wildcards_;
};

}  // namespace pictor::host
