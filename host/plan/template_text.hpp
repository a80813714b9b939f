#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pictor::host {

struct Choice;

// A piece of a template: a text, a column's value, or a choice.
struct TemplatePart {
  enum class Kind { text, column, choice };
  Kind kind = Kind::text;
  std::string text = {};  // or the column's name
  std::shared_ptr<const Choice> choice = {};
};

// A text with choices in it. Numbers of combinations are saturating: UINT64_MAX is that or more.
struct TemplateText {
  std::vector<TemplatePart> parts;
  std::uint64_t count = 1;  // of its combinations

  bool has_choice() const;
};

struct Option {
  TemplateText text;
  double weight = 1;
  std::uint64_t hash = 0;  // of its text as written: what a draw goes by, wherever it stands
};

// {a|b|c}: from `least` to `most` of its options, in their order.
struct Choice {
  std::vector<Option> options;
  std::size_t least = 1, most = 1;
  std::string separator;
  bool is_wildcard = false;  // the options are the lines of a file

  // What follows from these.
  std::uint64_t count = 0;           // of its combinations
  std::vector<std::uint64_t> table;  // how they are shared out; see find_option and count_sets
  bool equal_weights = true;
  std::vector<std::string> columns;  // named in its options

  bool picks_one() const { return least == 1 && most == 1; }
  bool counts_by_option() const { return table.empty(); }  // one combination of each option
  // How many ways there are to take `size` of the options from `first` on.
  std::uint64_t count_sets(std::size_t first, std::size_t size) const {
    return table[first * (most + 1) + size];
  }
};

// Fills in what follows from options, least, most. Throws RowError for a choice that is none: no
// option, no weight, a set too large to count.
void settle(Choice &choice);
void settle(TemplateText &text);

// The columns that a template names, those within its choices included; some may come twice.
std::vector<std::string> columns_of(const TemplateText &text);

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b);
std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b);

}  // namespace pictor::host
