#pragma once

#include "config/config.hpp"
#include "config/keys.hpp"
#include "config/yaml.hpp"

namespace pictor::host {

// What stands under job.budget. Throws Error at the place of a mistake, as does the next.
BudgetConfig parse_budget(const YamlNode &node, const Section &section);

// What stands under job.prices: a table, or the file of one.
PriceTable parse_job_prices(const YamlNode &node);

}  // namespace pictor::host
