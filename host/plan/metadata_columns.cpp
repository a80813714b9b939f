#include "plan/metadata_columns.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace pictor::host {
namespace {

constexpr std::array<std::string_view, 23> our_columns = {"file_name",
                                                          "file_names",
                                                          "text",
                                                          "prompt",
                                                          "negative_prompt",
                                                          "seed",
                                                          "width",
                                                          "height",
                                                          "model",
                                                          "fallback_for",
                                                          "model_name",
                                                          "model_version",
                                                          "plugin",
                                                          "plugin_version",
                                                          "revised_prompt",
                                                          "finish_reason",
                                                          "provider_request_id",
                                                          "cost",
                                                          "outcome",
                                                          "sha256",
                                                          "image",
                                                          "images",
                                                          "label"};

bool names_pictures(std::string_view name) {
  return name.ends_with("_file_name") || name.ends_with("_file_names");
}

// The number or boolean that a cell spells exactly; else the cell.
Json cell_value(const std::string &cell) {
  if (cell.empty() || cell.size() > 32) return cell;
  const Json value = Json::parse(cell, nullptr, false);
  const bool kept = (value.is_number() || value.is_boolean()) && value.dump() == cell;
  return kept ? value : Json(cell);
}

}  // namespace

bool is_our_column(std::string_view name) {
  return names_pictures(name) ||
         std::find(our_columns.begin(), our_columns.end(), name) != our_columns.end();
}

MetadataColumns::Type MetadataColumns::type_of(const Json &value) {
  if (value.is_boolean()) return Type::boolean;
  if (value.is_structured()) return Type::json;
  if (value.is_number_unsigned()) {
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX) ? Type::integer
                                                                               : Type::number;
  }
  if (value.is_number_integer()) return Type::integer;
  return value.is_number() ? Type::number : Type::string;
}

MetadataColumns::Type MetadataColumns::union_of(Type a, Type b) {
  if (a == b) return a;
  const auto numeric = [](Type type) { return type == Type::integer || type == Type::number; };
  return numeric(a) && numeric(b) ? Type::number : Type::string;
}

std::string_view MetadataColumns::type_name(Type type) {
  constexpr std::array<std::string_view, 5> names = {"string", "integer", "number", "boolean",
                                                     "json"};
  return names[static_cast<std::size_t>(type)];
}

void MetadataColumns::observe(const std::string &name, const Json &value, bool from_text) {
  const bool reads = from_text && value.is_string();
  const Type type = type_of(reads ? cell_value(value.get_ref<const std::string &>()) : value);
  const auto [found, is_new] = columns_.try_emplace(name, Column{type, name});
  if (is_new) order_.push_back(name);
  found->second.type = union_of(found->second.type, type);
}

void MetadataColumns::finish() {
  for (const std::string &column : order_) {
    std::string name = column;
    if (names_pictures(name)) name += '_';
    if (name != column || is_our_column(name)) name.insert(0, "row_");
    while (name != column && columns_.contains(name)) name.insert(0, "row_");
    columns_.find(column)->second.name = name;
  }
}

std::vector<std::pair<std::string, std::string>> MetadataColumns::columns() const {
  std::vector<std::pair<std::string, std::string>> result;
  for (const std::string &column : order_) {
    const Column &found = columns_.find(column)->second;
    result.emplace_back(found.name, type_name(found.type));
  }
  return result;
}

std::string MetadataColumns::name_of(const std::string &column) const {
  const auto found = columns_.find(column);
  return found == columns_.end() ? column : found->second.name;
}

Json MetadataColumns::value_of(const std::string &column, const Json &value, bool from_text) const {
  const auto found = columns_.find(column);
  if (found == columns_.end()) return value;
  if (found->second.type == Type::string) return value.is_string() ? value : Json(value.dump());
  const bool reads = from_text && value.is_string();
  const Json read = reads ? cell_value(value.get_ref<const std::string &>()) : value;
  return found->second.type == Type::number ? Json(read.get<double>()) : read;
}

}  // namespace pictor::host
