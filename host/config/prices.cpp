#include "config/prices.hpp"

#include "config/environment.hpp"

#include <fmt/format.h>

namespace pictor::host {
namespace {

std::string shown(const Json &value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// JSON is YAML; what looks like a reference must not become one.
Json text(const std::string &words) {
  return escape_references(words);
}

Json as_json(const PriceCondition &condition) {
  Json values = Json::array();
  for (const Json &value : condition.values) {
    values.push_back(value);
  }
  return values;
}

Json as_json(const TokenPrices &tokens) {
  Json json = Json::object();
  if (tokens.text_in) json["text_in"] = *tokens.text_in;
  if (tokens.image_in) json["image_in"] = *tokens.image_in;
  if (tokens.text_out) json["text_out"] = *tokens.text_out;
  if (tokens.image_out) json["image_out"] = *tokens.image_out;
  return json;
}

Json as_json(const PriceEntry &entry) {
  Json json = {{"plugin", text(entry.plugin)}, {"model", text(entry.model)}};
  for (const PriceCondition &condition : entry.when) {
    json["when"][condition.parameter] = as_json(condition);
  }
  if (entry.image) {
    json["image"] = {{"low", dollars_of(entry.image->low)},
                     {"likely", dollars_of(entry.image->likely)},
                     {"high", dollars_of(entry.image->high)}};
  }
  if (entry.tokens) json["tokens"] = as_json(*entry.tokens);
  if (entry.times) json["times"] = *entry.times;
  if (!entry.as_of.empty()) json["as_of"] = text(entry.as_of);
  if (!entry.source.empty()) json["source"] = text(entry.source);
  return json;
}

}  // namespace

std::string title_of(const PriceEntry &entry) {
  std::string title = entry.plugin + " " + entry.model;
  for (std::size_t i = 0; i < entry.when.size(); ++i) {
    title += (i == 0 ? " with " : ", ") + entry.when[i].parameter;
    for (std::size_t k = 0; k < entry.when[i].values.size(); ++k) {
      title += (k == 0 ? " " : " or ") + shown(entry.when[i].values[k]);
    }
  }
  if (entry.times) title += fmt::format(", times {:g}", *entry.times);
  return title;
}

std::string to_flow_yaml(const PriceTable &table) {
  Json json = Json::object();
  if (!table.as_of.empty()) json["as_of"] = text(table.as_of);
  if (table.replace) json["replace"] = true;
  json["entries"] = Json::array();
  for (const PriceEntry &entry : table.entries) json["entries"].push_back(as_json(entry));
  return json_line(json);
}

}  // namespace pictor::host
