#include "cli/forecast_report.hpp"

#include "base/escape.hpp"
#include "cli/text_layout.hpp"
#include "run/status_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pictor::host {
namespace {

constexpr const char *not_known = "unknown";

std::string pictures(std::uint64_t count) {
  return fmt::format("{} {}", count, count == 1 ? "picture" : "pictures");
}

std::string time_text(const std::optional<double> &seconds) {
  return seconds ? duration_text(*seconds) : not_known;
}

std::vector<std::string> table_row(const std::string &name, std::uint64_t to_draw,
                                   const std::optional<double> &seconds, const CostForecast &cost) {
  const auto money = [&](Micros micros) { return cost.known() ? money_text(micros) : not_known; };
  return {name,
          fmt::format("{}", to_draw),
          time_text(seconds),
          money(cost.low),
          money(cost.likely),
          money(cost.high)};
}

std::string forecast_table(const Forecast &forecast) {
  std::vector<std::vector<std::string>> rows = {
      {"MODEL", "PICTURES", "TIME", "LOW", "LIKELY", "HIGH"}};
  for (const ModelForecast &model : forecast.models) {
    rows.push_back(table_row(model.model.name, model.model.to_draw, model.seconds(), model.cost));
  }
  if (forecast.models.size() > 1) {
    rows.push_back(
        table_row("all", forecast.preview.to_draw(), forecast.seconds(), forecast.cost()));
  }
  return table(rows);
}

std::string price_text(const UsedPrice &price) {
  const PriceEntry &entry = *price.entry;
  std::string text = terminal_safe(title_of(entry)) + ": ";
  if (!entry.image) {
    text += "by tokens, so not known before";
  } else if (entry.image->low == entry.image->high) {
    text += money_text(entry.image->likely);
  } else {
    text += money_text(entry.image->low) + " to " + money_text(entry.image->high);
  }
  if (!entry.as_of.empty()) text += ", " + terminal_safe(entry.as_of);
  if (!entry.source.empty()) text += ", " + terminal_safe(entry.source);
  return text;
}

// What each model's numbers rest on.
std::string basis_of(const ModelForecast &model) {
  std::string text;
  const std::string name = terminal_safe(model.model.name);
  if (model.pace) {
    text += fmt::format("{}: time from {} of {}\n", name, pictures(model.pace->pictures),
                        model.pace_from);
  } else if (model.model.to_draw > 0) {
    text += fmt::format("{}: time is not known without past runs{}\n", name,
                        model.model.billed ? "" : "; --probe N draws N pictures to find out");
  }
  for (const UsedPrice &price : model.prices) {
    text += fmt::format("{}: {} at {}\n", name, pictures(price.pictures), price_text(price));
  }
  if (!model.cost.known()) {
    text += fmt::format(
        "{}: {} without a known price; add an entry under job.prices: {{plugin: {}, model: {}, "
        "image: DOLLARS}}\n",
        name, pictures(model.cost.without_price), terminal_safe(model.model.plugin),
        model.model.price_names.empty() ? "'*'" : terminal_safe(model.model.price_names.back()));
  }
  return text;
}

std::string table_name(const PriceTable &table) {
  return table.file.empty() ? "job.prices" : terminal_safe(table.file.string());
}

std::string tables_text(const Forecast &forecast) {
  std::vector<std::string> names;
  for (const PriceTable &table : *forecast.tables) {
    names.push_back(table_name(table) +
                    (table.as_of.empty() ? "" : " of " + terminal_safe(table.as_of)));
  }
  return names.empty() ? "prices: none\n"
                       : fmt::format("prices: {}\n", fmt::join(names, ", then "));
}

std::string budget_text(const Forecast &forecast) {
  std::string text = "spent so far: " + money_text(forecast.spent) + "\n";
  if (!forecast.budget) return text;
  const Micros left = *forecast.budget_left();
  const CostForecast cost = forecast.cost();
  text +=
      fmt::format("budget: {}, {} left: ", money_text(forecast.budget->max_cost), money_text(left));
  if (cost.likely > left) {
    text += fmt::format("{} too little for the likely cost", money_text(cost.likely - left));
  } else if (cost.high > left) {
    text += "enough for the likely cost, not for the highest";
  } else {
    text += "enough";
  }
  if (!cost.known()) {
    text += forecast.budget->allows_unknown_prices
                ? " of what has a known price"
                : " of what has a known price; `pictor run` refuses what has none";
  }
  return text + "\n";
}

Json json_of(const CostForecast &cost) {
  return {{"currency", "USD"},
          {"low", dollars_of(cost.low)},
          {"likely", dollars_of(cost.likely)},
          {"high", dollars_of(cost.high)}};
}

// A part must not pass for the whole: the sums stand under `cost` when nothing is missing.
void add_cost(Json &document, const CostForecast &cost) {
  document["cost"] = cost.known() ? json_of(cost) : Json();
  document["known_cost"] = json_of(cost);
  document["pictures_without_price"] = cost.without_price;
}

Json json_of(const UsedPrice &price) {
  const PriceEntry &entry = *price.entry;
  Json json = {
      {"entry", title_of(entry)}, {"pictures", price.pictures},
      {"image", nullptr},         {"as_of", entry.as_of},
      {"source", entry.source},   {"file", entry.place.source ? entry.place.source->name() : ""},
      {"line", entry.place.line}};
  if (entry.times) json["times"] = *entry.times;
  if (entry.image) {
    json["image"] = {{"low", dollars_of(entry.image->low)},
                     {"likely", dollars_of(entry.image->likely)},
                     {"high", dollars_of(entry.image->high)}};
  }
  return json;
}

Json json_of(const std::optional<double> &value) {
  return value ? Json(*value) : Json();
}

Json json_of(const ModelForecast &model) {
  Json json = {{"name", model.model.name},
               {"plugin", model.model.plugin},
               {"billed", model.model.billed},
               {"to_draw", model.model.to_draw},
               {"seconds", json_of(model.seconds())},
               {"time_from", model.pace ? Json(model.pace_from) : Json()}};
  add_cost(json, model.cost);
  json["prices"] = Json::array();
  for (const UsedPrice &price : model.prices) json["prices"].push_back(json_of(price));
  return json;
}

Json json_of_budget(const Forecast &forecast) {
  if (!forecast.budget) return nullptr;
  const Micros left = *forecast.budget_left();
  return {{"max_cost", dollars_of(forecast.budget->max_cost)},
          {"left", dollars_of(left)},
          {"enough_for_likely", !forecast.exceeds_budget()},
          {"enough_for_high", forecast.cost().high <= left}};
}

}  // namespace

Json as_json(const PreparedJob &job, const Forecast &forecast) {
  Json document = {{"rows", job.prompts.size()},
                   {"bad_rows", job.prompts.bad_rows().size()},
                   {"wanted", forecast.preview.counts.wanted},
                   {"to_draw", forecast.preview.to_draw()},
                   {"seconds", json_of(forecast.seconds())}};
  add_cost(document, forecast.cost());
  document["models"] = Json::array();
  for (const ModelForecast &model : forecast.models) document["models"].push_back(json_of(model));
  document["price_tables"] = Json::array();
  for (const PriceTable &table : *forecast.tables) {
    document["price_tables"].push_back({{"file", table.file.string()}, {"as_of", table.as_of}});
  }
  document["spent"] = dollars_of(forecast.spent);
  document["budget"] = json_of_budget(forecast);
  return document;
}

std::string as_text(const PreparedJob &job, const Forecast &forecast) {
  const PlanCounts &counts = forecast.preview.counts;
  std::string text =
      fmt::format("{} rows, {} to draw", job.prompts.size(), pictures(forecast.preview.to_draw()));
  if (counts.ended() > 0) text += fmt::format(" of {}", counts.wanted);
  text += "\n\n" + forecast_table(forecast) + "\n";
  for (const ModelForecast &model : forecast.models) text += basis_of(model);
  return text + tables_text(forecast) + budget_text(forecast);
}

}  // namespace pictor::host
