#include "plan/template_text.hpp"

#include "plan/row_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace pictor::host {
namespace {

constexpr std::size_t largest_table = 1 << 20;

// Options of the same text stay two options for a draw.
void tell_hashes_apart(std::vector<Option> &options) {
  std::unordered_set<std::uint64_t> seen;
  seen.reserve(options.size());
  for (Option &option : options) {
    while (!seen.insert(option.hash).second) option.hash += 0x9E3779B97F4A7C15U;
  }
}

void settle_columns(Choice &choice) {
  for (const Option &option : choice.options) {
    const std::vector<std::string> columns = columns_of(option.text);
    choice.columns.insert(choice.columns.end(), columns.begin(), columns.end());
  }
  std::sort(choice.columns.begin(), choice.columns.end());
  choice.columns.erase(std::unique(choice.columns.begin(), choice.columns.end()),
                       choice.columns.end());
}

void settle_weights(Choice &choice) {
  const auto weighs = [](const Option &option) { return option.weight > 0; };
  const auto weighing = std::count_if(choice.options.begin(), choice.options.end(), weighs);
  if (weighing == 0) throw RowError("every option of a choice has the weight 0");
  const double first = choice.options[0].weight;
  choice.equal_weights = std::all_of(choice.options.begin(), choice.options.end(),
                                     [&](const Option &option) { return option.weight == first; });
}

// How many combinations stand before each option's.
void count_one(Choice &choice) {
  const bool one_each = std::all_of(choice.options.begin(), choice.options.end(),
                                    [](const Option &option) { return option.text.count == 1; });
  choice.count = choice.options.size();
  if (one_each) return;
  choice.count = 0;
  choice.table.push_back(0);
  for (const Option &option : choice.options) {
    choice.count = saturating_sum(choice.count, option.text.count);
    choice.table.push_back(choice.count);
  }
}

void count_several(Choice &choice) {
  const std::size_t options = choice.options.size(), width = choice.most + 1;
  if ((options + 1) * width > largest_table) {
    throw RowError(
        fmt::format("a choice of up to {} of {} options is too large", choice.most, options));
  }
  choice.table.assign((options + 1) * width, 0);
  choice.table[options * width] = 1;
  for (std::size_t i = options; i-- > 0;) {
    for (std::size_t size = 0; size < width; ++size) {
      std::uint64_t sets = choice.count_sets(i + 1, size);
      if (size > 0) {
        sets = saturating_sum(sets, saturating_product(choice.options[i].text.count,
                                                       choice.count_sets(i + 1, size - 1)));
      }
      choice.table[i * width + size] = sets;
    }
  }
  choice.count = 0;
  for (std::size_t size = choice.least; size <= choice.most; ++size) {
    choice.count = saturating_sum(choice.count, choice.count_sets(0, size));
  }
}

}  // namespace

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

bool TemplateText::has_choice() const {
  return std::any_of(parts.begin(), parts.end(), [](const TemplatePart &part) {
    return part.kind == TemplatePart::Kind::choice;
  });
}

void settle(TemplateText &text) {
  text.count = 1;
  for (const TemplatePart &part : text.parts) {
    if (part.choice) text.count = saturating_product(text.count, part.choice->count);
  }
}

void settle(Choice &choice) {
  if (choice.options.empty()) throw RowError("a choice without options");
  choice.most = std::min(choice.most, choice.options.size());
  choice.least = std::min(choice.least, choice.most);
  settle_weights(choice);
  tell_hashes_apart(choice.options);
  settle_columns(choice);
  if (choice.picks_one()) {
    count_one(choice);
  } else {
    count_several(choice);
  }
}

std::vector<std::string> columns_of(const TemplateText &text) {
  std::vector<std::string> columns;
  for (const TemplatePart &part : text.parts) {
    if (part.kind == TemplatePart::Kind::column) columns.push_back(part.text);
    if (part.choice) {
      columns.insert(columns.end(), part.choice->columns.begin(), part.choice->columns.end());
    }
  }
  return columns;
}

}  // namespace pictor::host
