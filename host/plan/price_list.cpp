#include "plan/price_list.hpp"

#include "base/installation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

namespace pictor::host {
namespace {

bool fits(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string as_text(const Json &value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_value(const Json &value, const Json &wanted) {
  return value == wanted || as_text(value) == as_text(wanted);
}

// The two sides of "1024x1536"; empty texts for what is no size.
std::pair<std::string, std::string> sides_of(const Parameters &asked) {
  const auto size = asked.find("size");
  if (size == asked.end() || !size->second.is_string()) return {};
  const std::string text = as_text(size->second);
  const std::size_t cross = text.find('x');
  if (cross == std::string::npos) return {};
  return {text.substr(0, cross), text.substr(cross + 1)};
}

// What a request says of a parameter, in its own words or others; null: nothing.
Json value_of(const std::string &id, const Parameters &asked, std::uint32_t pictures) {
  const auto found = asked.find(id);
  if (found != asked.end() && !found->second.is_null()) return found->second;
  if (id == "n") return pictures;
  if (id == "width") return sides_of(asked).first;
  if (id == "height") return sides_of(asked).second;
  if (id != "size") return nullptr;
  const auto width = asked.find("width"), height = asked.find("height");
  if (width == asked.end() || height == asked.end()) return nullptr;
  return as_text(width->second) + "x" + as_text(height->second);
}

bool holds(const PriceCondition &condition, const Parameters &asked, std::uint32_t pictures) {
  const Json value = value_of(condition.parameter, asked, pictures);
  return std::any_of(condition.values.begin(), condition.values.end(),
                     [&](const Json &wanted) { return is_value(value, wanted); });
}

}  // namespace

std::shared_ptr<const PriceTables> price_tables(const std::optional<PriceTable> &of_job) {
  auto tables = std::make_shared<PriceTables>();
  if (of_job) tables->push_back(*of_job);
  const std::filesystem::path bundled = share_folder() / "prices.yaml";
  const bool wanted = !of_job || !of_job->replace;
  if (wanted && std::filesystem::exists(bundled)) tables->push_back(read_prices(bundled));
  return tables;
}

ModelPrices::ModelPrices(std::shared_ptr<const PriceTables> tables, const std::string &plugin,
                         const std::vector<std::string> &names, const Parameters &load)
    : tables_(std::move(tables)) {
  for (const PriceTable &table : *tables_) {
    for (const PriceEntry &entry : table.entries) {
      const bool named = std::any_of(names.begin(), names.end(), [&](const std::string &name) {
        return fits(entry.model, name);
      });
      if (!named || !fits(entry.plugin, plugin)) continue;
      Candidate candidate{&entry, {}};
      bool possible = true;
      for (const PriceCondition &condition : entry.when) {
        const bool of_model = load.contains(condition.parameter);
        if (!of_model) candidate.when.push_back(&condition);
        possible = possible && (!of_model || holds(condition, load, 0));
      }
      if (possible) candidates_.push_back(std::move(candidate));
    }
  }
}

const PriceEntry *ModelPrices::find(const Parameters &asked, std::uint32_t pictures) const {
  double times = 1;
  for (const Candidate &candidate : candidates_) {
    const bool all = std::all_of(
        candidate.when.begin(), candidate.when.end(),
        [&](const PriceCondition *condition) { return holds(*condition, asked, pictures); });
    if (!all) continue;
    if (!candidate.entry->times) return multiplied(candidate.entry, times);
    times *= *candidate.entry->times;
  }
  return nullptr;
}

const PriceEntry *ModelPrices::multiplied(const PriceEntry *entry, double times) const {
  if (times == 1) return entry;
  const auto [found, is_new] = multiplied_->try_emplace({entry, times}, *entry);
  PriceEntry &result = found->second;
  if (!is_new) return &result;
  result.times = times;
  if (result.image) {
    for (Micros *price : {&result.image->low, &result.image->likely, &result.image->high}) {
      *price = std::llround(static_cast<double>(*price) * times);
    }
  }
  if (result.tokens) {
    TokenPrices &tokens = *result.tokens;
    for (auto *price : {&tokens.text_in, &tokens.image_in, &tokens.text_out, &tokens.image_out}) {
      if (*price) **price *= times;
    }
  }
  return &result;
}

bool ModelPrices::depends_on_request() const {
  for (const Candidate &candidate : candidates_) {
    if (!candidate.when.empty()) return true;
    if (!candidate.entry->times) return false;
  }
  return false;
}

}  // namespace pictor::host
