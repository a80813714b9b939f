#include "config/parse_budget.hpp"

#include "config/environment.hpp"
#include "config/fields.hpp"

namespace pictor::host {

BudgetConfig parse_budget(const YamlNode &node, const Section &section) {
  const Fields fields(node, section);
  BudgetConfig budget;
  budget.max_cost = micros_of(fields.value("max_cost")->get<double>());
  std::string unknown = "refuse";
  fields.read("unknown_price", unknown);
  budget.allows_unknown_prices = unknown == "allow";
  return budget;
}

PriceTable parse_job_prices(const YamlNode &node) {
  if (node.kind != YamlNode::Kind::scalar) return parse_prices(node);
  return read_prices(absolute_path(expand_environment(node.text, node.place), node.place));
}

}  // namespace pictor::host
