#pragma once

#include "base/json.hpp"
#include "base/money.hpp"
#include "config/source.hpp"
#include "config/yaml.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// What one picture costs.
struct ImagePrice {
  Micros low = 0, likely = 0, high = 0;
};

// Dollars per million tokens, that is millionths per token.
struct TokenPrices {
  std::optional<double> text_in, image_in, text_out, image_out;
};

// A parameter that must have one of some values.
struct PriceCondition {
  std::string parameter;
  std::vector<Json> values;
};

struct PriceEntry {
  std::string plugin, model;  // a `*` at the end stands for anything
  std::vector<PriceCondition> when;
  std::optional<ImagePrice> image;
  std::optional<TokenPrices> tokens;
  // Without a price: of the next entry that fits; with one: what it was multiplied by.
  std::optional<double> times;
  std::string as_of, source;  // the day it was read, and where; may be empty
  Place place;
};

// A table of prices in US dollars, as its file or the job has it.
struct PriceTable {
  std::filesystem::path file;       // absolute; empty: it stands in the job
  std::string as_of;                // the day it was last looked through; may be empty
  bool replace = false;             // the table that comes with the program is not asked
  std::vector<PriceEntry> entries;  // the first that fits a request is its price
};

// Throws Error at the place of a mistake.
PriceTable read_prices(const std::filesystem::path &file);
PriceTable parse_prices(const YamlNode &node);

// "openai gpt-image-1.5* with size 1024x1024, quality low", "openai gpt-image-2, times 0.5"
std::string title_of(const PriceEntry &entry);

// A table that stands in the job, as a flow map that parse_prices() reads back.
std::string to_flow_yaml(const PriceTable &table);

}  // namespace pictor::host
