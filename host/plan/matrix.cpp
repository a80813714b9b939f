#include "plan/matrix.hpp"

#include "base/error.hpp"
#include "config/environment.hpp"
#include "plan/picture_file.hpp"
#include "plan/row_checker.hpp"
#include "plan/template_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace pictor::host {
namespace {

struct Refused {
  std::string_view name, hint;
};
constexpr std::array<Refused, 6> not_varied = {{
    {"prompt", "vary a column, and write {{column}} into the prompts"},
    {"text", "vary a column, and write {{column}} into the prompts"},
    {"prompts", "they are job.prompts"},
    {"id", "the ids of combinations are made from the row's"},
    {"model", "write a list of models: job.model: [a, b]"},
    {"num_generations", "write it under job:, or as a column of the rows"},
}};

bool is_picture_path(const ParameterSpec &spec) {
  return is_picture(spec.type) || spec.type == ParameterType::path;
}

// The value for a column that no model knows, or that each will read for itself: references to the
// environment expanded, texts where `as_text` or a reference asks for one.
Json plain_value(const WrittenParameter &written, bool as_text) {
  ParameterSpec spec;
  spec.id = written.name;
  const bool text = written.text.is_string() &&
                    (as_text || has_reference(written.text.get_ref<const std::string &>()));
  spec.type = text ? ParameterType::string : ParameterType::json;
  if (as_text && written.text.is_array()) spec.type = ParameterType::string_list;
  return check_written(spec, written);
}

Json seed_value(const WrittenParameter &written) {
  const Json seed = check_written(seed_spec(), written);
  if (seed.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    fail(written.value_place, fmt::format("seed must be at most {}", INT64_MAX));
  }
  return seed;
}

// The value that rows get, after each model that has the parameter has taken it.
Json matrix_value(const WrittenParameter &written, const RowRules &rules) {
  if (written.name == "seed") return seed_value(written);
  bool as_text = written.name == "negative_prompt", is_path = false;
  for (const auto &[model, specs] : rules.models) {
    const ParameterSpec *spec = find_spec(*specs, written.name);
    if (spec == nullptr) continue;
    check_written(*spec, written);
    as_text = as_text || is_text(spec->type);
    is_path = is_path || is_picture_path(*spec);
  }
  Json value = plain_value(written, as_text);
  return is_path ? absolute_pictures(value, folder_of(written.value_place)) : value;
}

void refuse_scope(const MatrixKey &key, const std::string &model, const ParameterSpec &spec) {
  if (spec.type == ParameterType::secret) {
    fail(key.place, fmt::format("{} is a secret of {}: it cannot vary", key.name, model));
  }
  if (spec.scope == ParameterScope::request) return;
  fail(key.place,
       fmt::format("{} is settled when {} is loaded: it cannot vary by picture", key.name, model),
       "write a model of its own under models: for each value");
}

}  // namespace

Matrix::Matrix(const std::vector<MatrixKey> &keys, const RowRules &rules) {
  for (const MatrixKey &key : keys) add(key, rules);
}

void Matrix::add(const MatrixKey &key, const RowRules &rules) {
  const auto refused = std::find_if(not_varied.begin(), not_varied.end(),
                                    [&](const Refused &r) { return r.name == key.name; });
  if (refused != not_varied.end()) {
    fail(key.place, fmt::format("matrix cannot vary {}", key.name), std::string(refused->hint));
  }
  take_names(key, rules);
  Key &added = keys_.emplace_back(Key{key.name, {}});
  for (const WrittenParameter &written : key.values) {
    Json value = matrix_value(written, rules);
    if (std::find(added.values.begin(), added.values.end(), value) != added.values.end()) {
      fail(written.value_place, "this value is there twice");
    }
    added.values.push_back(std::move(value));
  }
  count_ = saturating_product(count_, added.values.size());
}

void Matrix::take_names(const MatrixKey &key, const RowRules &rules) {
  std::vector<std::string> names = {key.name};
  for (std::size_t model = 0; model < rules.models.size(); ++model) {
    const auto &[name, specs] = rules.models[model];
    const ParameterSpec *spec = key.name == "seed" ? nullptr : find_spec(*specs, key.name);
    if (spec == nullptr) continue;
    refuse_scope(key, name, *spec);
    if (model < rules.pinned.size() && rules.pinned[model].contains(spec->id)) {
      fail(key.place, fmt::format("{} is given with --param, and varied here", spec->id),
           fmt::format("leave one out, or give --param job.matrix.{}=[...]", key.name));
    }
    names.push_back(spec->id);
    names.insert(names.end(), spec->aliases.begin(), spec->aliases.end());
  }
  for (const std::string &name : names) {
    const auto [found, is_new] = taken_.try_emplace(name, key.name);
    if (is_new || found->second == key.name) continue;
    fail(key.place, fmt::format("'{}' and '{}' are the same parameter", found->second, key.name));
  }
}

void Matrix::append(std::uint64_t number, RowFields &fields) const {
  const std::size_t start = fields.size();
  fields.resize(start + keys_.size());
  for (std::size_t i = keys_.size(); i-- > 0;) {
    const std::vector<Json> &values = keys_[i].values;
    fields[start + i] = {keys_[i].name, values[number % values.size()]};
    number /= values.size();
  }
}

const std::string *Matrix::key_for(const std::string &column) const {
  const auto found = taken_.find(column);
  return found == taken_.end() ? nullptr : &found->second;
}

std::vector<MatrixKey> with_absolute_paths(std::vector<MatrixKey> keys, const RowRules &rules) {
  for (MatrixKey &key : keys) {
    const bool paths =
        std::any_of(rules.models.begin(), rules.models.end(), [&](const auto &model) {
          const ParameterSpec *spec = find_spec(*model.second, key.name);
          return spec != nullptr && is_picture_path(*spec);
        });
    if (!paths) continue;
    for (WrittenParameter &written : key.values) {
      if (has_references(written.text)) continue;
      written.value = written.text =
          absolute_pictures(written.text, folder_of(written.value_place));
    }
  }
  return keys;
}

}  // namespace pictor::host
