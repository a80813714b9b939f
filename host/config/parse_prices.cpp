#include "base/error.hpp"
#include "config/fields.hpp"
#include "config/price_keys.hpp"
#include "config/prices.hpp"
#include "config/scalar.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

std::string read_text(const Fields &fields, std::string_view key) {
  std::string text;
  fields.read(key, text);
  return text;
}

// The form of a day; which days a month has is the calendar's business.
std::string read_day(const Fields &fields) {
  const std::string day = read_text(fields, "as_of");
  constexpr std::string_view form = "0000-00-00";
  bool good = day.empty() || day.size() == form.size();
  for (std::size_t i = 0; good && i < day.size(); ++i) {
    good = form[i] == '-' ? day[i] == '-' : day[i] >= '0' && day[i] <= '9';
  }
  if (!good) fail(fields.place("as_of"), fmt::format("'{}' is no day", day), "write 2026-11-22");
  return day;
}

std::string read_pattern(const Fields &fields, std::string_view key) {
  const std::string pattern = read_text(fields, key);
  const std::size_t star = pattern.find('*');
  if (pattern.empty()) fail(fields.place(key), fmt::format("{} is empty", key));
  if (star != std::string::npos && star + 1 != pattern.size()) {
    fail(fields.place(key), "a * may stand at the end only", "write one entry for each name");
  }
  return pattern;
}

Json condition_value(const YamlNode &node) {
  if (node.kind != YamlNode::Kind::scalar) {
    fail(node.place, "a condition is a value, or a list of values",
         "for example: when: {size: 1024x1024, quality: [low, medium]}");
  }
  return node.plain ? read_plain_scalar(node.text) : Json(node.text);
}

std::vector<PriceCondition> parse_conditions(const YamlNode &node) {
  if (node.kind != YamlNode::Kind::map) {
    fail(node.place, "when must be a map of parameters and their values",
         "for example: when: {size: 1024x1024, quality: [low, medium]}");
  }
  std::vector<PriceCondition> conditions;
  for (const YamlEntry &entry : node.entries) {
    PriceCondition &condition = conditions.emplace_back();
    condition.parameter = entry.key.text;
    if (entry.value.kind == YamlNode::Kind::list && !entry.value.items.empty()) {
      for (const YamlNode &item : entry.value.items) {
        condition.values.push_back(condition_value(item));
      }
    } else {
      condition.values.push_back(condition_value(entry.value));
    }
  }
  return conditions;
}

Micros read_dollars(const Fields &fields, std::string_view key) {
  return micros_of(fields.value(key).value_or(0).get<double>());
}

ImagePrice parse_image(const YamlNode &node) {
  if (node.kind == YamlNode::Kind::scalar) {
    static const Section &keys = image_price_keys();
    ParameterSpec spec = keys.find("high")->spec;
    spec.id = "image";
    const Json value = check_written(spec, written_parameter(YamlNode{}, node));
    const Micros price = micros_of(value.get<double>());
    return {price, price, price};
  }
  const Fields fields(node, image_price_keys());
  ImagePrice price{read_dollars(fields, "low"), 0, read_dollars(fields, "high")};
  price.likely = fields.find("likely") != nullptr ? read_dollars(fields, "likely")
                                                  : price.low + (price.high - price.low) / 2;
  if (price.low > price.likely || price.likely > price.high) {
    fail(node.place, "the prices must rise: low, likely, high");
  }
  return price;
}

TokenPrices parse_tokens(const YamlNode &node) {
  const Fields fields(node, token_price_keys());
  const auto read = [&](std::string_view key) {
    const std::optional<Json> value = fields.value(key);
    return value ? std::optional(value->get<double>()) : std::nullopt;
  };
  const TokenPrices tokens{read("text_in"), read("image_in"), read("text_out"), read("image_out")};
  if (!tokens.image_out) {
    fail(node.place, "tokens needs 'image_out'", "what the pictures themselves are billed by");
  }
  return tokens;
}

PriceEntry parse_entry(const YamlNode &node, const PriceTable &table, const std::string &source) {
  const Fields fields(node, price_entry_keys());
  PriceEntry entry;
  entry.place = node.place;
  entry.plugin = read_pattern(fields, "plugin");
  entry.model = read_pattern(fields, "model");
  if (const YamlNode *when = fields.find("when")) entry.when = parse_conditions(*when);
  if (const YamlNode *image = fields.find("image")) entry.image = parse_image(*image);
  if (const YamlNode *tokens = fields.find("tokens")) entry.tokens = parse_tokens(*tokens);
  if (fields.find("times") != nullptr) entry.times = fields.value("times")->get<double>();
  const bool priced = entry.image || entry.tokens;
  if (!priced && !entry.times) {
    fail(node.place, "the price needs 'image', 'tokens' or 'times'",
         "image: dollars per picture; tokens: dollars per million tokens; times: a factor of the "
         "next entry that fits");
  }
  if (priced && entry.times) {
    fail(node.place, "'times' does not go with a price of its own",
         "it multiplies the next entry that fits: leave image and tokens out");
  }
  entry.as_of = read_day(fields);
  if (entry.as_of.empty()) entry.as_of = table.as_of;
  entry.source = read_text(fields, "source");
  if (entry.source.empty()) entry.source = source;
  return entry;
}

}  // namespace

PriceTable parse_prices(const YamlNode &node) {
  const Fields fields(node, price_table_keys());
  PriceTable table;
  fields.value("currency");
  fields.read("replace", table.replace);
  table.as_of = read_day(fields);
  const std::string source = read_text(fields, "source");
  const YamlNode &entries = *fields.find("entries");
  if (entries.kind != YamlNode::Kind::list) {
    fail(entries.place, "entries must be a list of prices",
         "for example: entries: [{plugin: openai, model: gpt-image-2*, image: 0.05}]");
  }
  for (const YamlNode &entry : entries.items) {
    table.entries.push_back(parse_entry(entry, table, source));
  }
  return table;
}

PriceTable read_prices(const std::filesystem::path &file) {
  PriceTable table = parse_prices(parse_yaml(Source::read(file)));
  table.file = std::filesystem::absolute(file).lexically_normal();
  return table;
}

}  // namespace pictor::host
