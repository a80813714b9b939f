#include "plan/expansion.hpp"

#include "base/nearest_name.hpp"
#include "plan/template_parser.hpp"
#include "plan/template_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pictor::host {
namespace {

constexpr std::size_t longest_template = 1 << 20;

// Columns that hold prose for a model to draw.
constexpr std::array<std::string_view, 7> template_columns = {
    "prompt",           "text", "negative_prompt", "prompt_2", "prompt_3", "negative_prompt_2",
    "negative_prompt_3"};

bool is_template(std::string_view name) {
  return std::find(template_columns.begin(), template_columns.end(), name) !=
         template_columns.end();
}

}  // namespace

std::uint64_t Expansion::count() const {
  return saturating_product(variants_, matrix_.count());
}

bool Expansion::fills_in(const std::string &column) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const Column &filled) {
    const std::vector<std::string> names = columns_of(filled.text);
    return std::find(names.begin(), names.end(), column) != names.end();
  });
}

void Expansion::set_seed(std::uint64_t job_seed, const Hash128 &row, std::uint32_t occurrence) {
  seed_ = hash128(fmt::format("draw {} {} {}", job_seed, to_hex(row), occurrence)).low;
}

void Expansion::write(std::uint64_t number, RowFields &fields, RowFields &chosen) const {
  fields = row_;
  chosen.clear();
  matrix_.append(number % matrix_.count(), fields);
  chosen.assign(fields.begin() + static_cast<std::ptrdiff_t>(row_.size()), fields.end());
  std::uint64_t variant = number / matrix_.count(), right = variants_;
  if (drawn_) chosen.push_back({"draw", variant});
  for (const Column &column : columns_) {
    if (!drawn_) right /= column.text.count;
    const RowField &field = row_[column.index];
    FilledText filled =
        drawn_
            ? fill_by_draw(column.text,
                           hash128(fmt::format("{} {} {}", seed_, variant, field.name)).low, fields)
            : fill_in(column.text, variant / right, fields);
    if (!drawn_) variant %= right;
    for (std::string &choice : filled.choices) chosen.push_back({field.name, std::move(choice)});
    fields[column.index].value = std::move(filled.text);
  }
}

void Expansion::write_unfilled(RowFields &fields) const {
  fields = row_;
  matrix_.append(0, fields);
}

std::string Expansion::factors() const {
  std::string text;
  const auto add = [&](std::string_view name, std::uint64_t count) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " x ", name, count);
  };
  if (drawn_) add("draws", variants_);
  for (const Column &column : columns_) {
    if (!drawn_ && column.text.count > 1) add(row_[column.index].name, column.text.count);
  }
  for (const Matrix::Key &key : matrix_.keys()) add(key.name, key.values.size());
  return text;
}

Expander::Expander(const JobConfig &job, const RowRules &rules)
    : variants_(job.variants),
      draws_(job.draws),
      matrix_(job.matrix, rules),
      wildcards_(job.wildcards) {}

Expansion Expander::expand(const RowFields &row) const {
  Expansion expansion(row, matrix_);
  expansion.plain_ = matrix_.empty();
  if (variants_ == Variants::off) return expansion;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!is_template(row[i].name) || !row[i].value.is_string()) continue;
    TemplateText text = parse(row, row[i]);
    expansion.variants_ = saturating_product(expansion.variants_, text.count);
    if (text.has_choice()) {
      expansion.plain_ = false;
      expansion.drawn_ = draws();
    }
    expansion.columns_.push_back({i, std::move(text)});
  }
  if (draws()) expansion.variants_ = expansion.drawn_ ? draws_ : 1;
  return expansion;
}

std::string Expander::conflict_in(const RowFields &row) const {
  if (matrix_.empty()) return {};
  for (const RowField &field : row) {
    const std::string *key = matrix_.key_for(field.name);
    if (key == nullptr) continue;
    return fmt::format("the row has '{}', which job.matrix varies as '{}'", field.name, *key);
  }
  return {};
}

TemplateText Expander::parse(const RowFields &row, const RowField &field) const {
  const auto &written = field.value.get_ref<const std::string &>();
  try {
    if (written.size() > longest_template) {
      throw RowError(
          fmt::format("the template has {} bytes, more than {}", written.size(), longest_template));
    }
    TemplateText text =
        parse_template(written, [this](std::string_view name) { return wildcards_.find(name); });
    require_columns(row, text);
    return text;
  } catch (const RowError &error) {
    throw RowError(fmt::format("{}: {}", field.name, error.what()));
  }
}

void Expander::require_columns(const RowFields &row, const TemplateText &text) const {
  for (const std::string &name : columns_of(text)) {
    if (is_template(name)) {
      throw RowError(fmt::format("{{{{{}}}}}: a prompt cannot be a part of one", name));
    }
    const auto varied = [&](const Matrix::Key &key) { return key.name == name; };
    if (std::any_of(matrix_.keys().begin(), matrix_.keys().end(), varied)) continue;
    if (find_field(row, name) != nullptr) continue;
    std::vector<std::string> names;
    for (const RowField &field : row) names.push_back(field.name);
    for (const Matrix::Key &key : matrix_.keys()) names.push_back(key.name);
    throw RowError(
        fmt::format("{{{{{}}}}}: the row has no such column{}", name, did_you_mean(name, names)));
  }
}

std::string Expander::doubt_about(const RowFields &row) const {
  if (variants_ != Variants::off) return {};
  for (const RowField &field : row) {
    if (!is_template(field.name) || !field.value.is_string()) continue;
    for (const Matrix::Key &key : matrix_.keys()) {
      const std::string reference = "{{" + key.name + "}}";
      if (field.value.get_ref<const std::string &>().find(reference) == std::string::npos) continue;
      return fmt::format(
          "{} stays as it is in '{}': write variants: all beside the matrix to have "
          "it filled in",
          reference, field.name);
    }
  }
  return {};
}

}  // namespace pictor::host
