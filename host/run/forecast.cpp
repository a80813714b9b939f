#include "run/forecast.hpp"

#include "ledger/ledger.hpp"

#include <algorithm>
#include <filesystem>

namespace pictor::host {
namespace {

// Adds up one model's requests as they come.
class ModelCost {
 public:
  ModelCost(const Preview::Model &model, const std::shared_ptr<const PriceTables> &tables)
      : prices(tables, model.plugin, model.price_names, model.load), billed_(model.billed) {}

  // Whether add() must be given what each request asks for.
  bool needs_rows() const { return prices.depends_on_request(); }

  void add(const Parameters &asked, std::uint32_t pictures) {
    const PriceEntry *entry = prices.find(asked, pictures);
    if (entry == nullptr || !entry->image) {
      if (billed_ || entry != nullptr) cost.without_price += pictures;
      if (entry != nullptr) count(entry, pictures);
      return;
    }
    cost.add(*entry->image, pictures);
    count(entry, pictures);
  }

  CostForecast cost;
  std::vector<UsedPrice> used;
  ModelPrices prices;

 private:
  void count(const PriceEntry *entry, std::uint32_t pictures) {
    const auto found = std::find_if(used.begin(), used.end(),
                                    [&](const UsedPrice &price) { return price.entry == entry; });
    if (found != used.end()) {
      found->pictures += pictures;
    } else {
      used.push_back({entry, pictures});
    }
  }

  bool billed_;
};

void read_record(Forecast &forecast, const std::filesystem::path &dir) {
  if (!std::filesystem::exists(ledger_file(dir))) return;
  const Ledger ledger = Ledger::open_read_only(dir);
  forecast.spent = ledger.spent_micros();
  const std::map<std::string, Pace> paces = recorded_paces(ledger);
  for (ModelForecast &model : forecast.models) {
    const auto found = paces.find(model.model.name);
    if (found == paces.end()) continue;
    model.pace = found->second;
    model.pace_from = "past runs";
  }
}

}  // namespace

void CostForecast::add(const ImagePrice &price, std::uint64_t pictures) {
  const auto count = static_cast<Micros>(pictures);
  low += price.low * count;
  likely += price.likely * count;
  high += price.high * count;
}

CostForecast &CostForecast::operator+=(const CostForecast &other) {
  low += other.low;
  likely += other.likely;
  high += other.high;
  without_price += other.without_price;
  return *this;
}

std::optional<double> ModelForecast::seconds() const {
  if (model.to_draw == 0) return 0;
  if (!pace) return std::nullopt;
  return pace->seconds_per_picture() * static_cast<double>(model.to_draw);
}

CostForecast Forecast::cost() const {
  CostForecast sum;
  for (const ModelForecast &model : models) sum += model.cost;
  return sum;
}

std::optional<double> Forecast::seconds() const {
  double longest = 0;
  for (const ModelForecast &model : models) {
    const std::optional<double> seconds = model.seconds();
    if (!seconds) return std::nullopt;
    longest = std::max(longest, *seconds);
  }
  return longest;
}

std::optional<Micros> Forecast::budget_left() const {
  if (!budget) return std::nullopt;
  return std::max<Micros>(budget->max_cost - spent, 0);
}

bool Forecast::exceeds_budget() const {
  return budget && cost().likely > *budget_left();
}

Forecast forecast_job(const PreparedJob &job) {
  Forecast forecast;
  forecast.tables = price_tables(job.config.job.prices);
  forecast.budget = job.config.job.budget;
  std::vector<ModelCost> costs;
  forecast.preview = preview_job(
      job, {},
      [&](std::span<const Preview::Model> models, const RunModel &asked, const Work &work) {
        for (std::size_t m = costs.size(); m < models.size(); ++m) {
          costs.emplace_back(models[m], forecast.tables);
        }
        ModelCost &cost = costs[work.model];
        const auto pictures = static_cast<std::uint32_t>(work.generations.size());
        cost.add(cost.needs_rows() ? asked.asked_with(job.prompts.row(work.row, work.model))
                                   : asked.request,
                 pictures);
      });
  for (std::size_t m = 0; m < forecast.preview.models.size(); ++m) {
    ModelForecast &model = forecast.models.emplace_back();
    model.model = forecast.preview.models[m];
    if (m >= costs.size()) continue;
    model.cost = costs[m].cost;
    model.prices = std::move(costs[m].used);
    model.entries = std::move(costs[m].prices);
  }
  read_record(forecast, job.config.job.output.dir);
  return forecast;
}

}  // namespace pictor::host
