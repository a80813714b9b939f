#pragma once

#include "base/money.hpp"
#include "config/config.hpp"
#include "plan/job.hpp"
#include "plan/price_list.hpp"
#include "run/pace.hpp"
#include "run/preview.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// What pictures cost, as far as their prices are known.
struct CostForecast {
  Micros low = 0, likely = 0, high = 0;
  std::uint64_t without_price = 0;  // pictures that are not in the sums

  bool known() const { return without_price == 0; }
  void add(const ImagePrice &price, std::uint64_t pictures);
  CostForecast &operator+=(const CostForecast &other);
};

// A price that pictures of a model have.
struct UsedPrice {
  const PriceEntry *entry = nullptr;
  std::uint64_t pictures = 0;
};

struct ModelForecast {
  Preview::Model model;
  CostForecast cost;
  std::vector<UsedPrice> prices;
  ModelPrices entries;  // keeps them
  std::optional<Pace> pace;
  std::string pace_from;  // "past runs", "probe"

  std::optional<double> seconds() const;  // for the pictures to draw; nothing: not known
};

// What drawing the rest of a job comes to.
struct Forecast {
  Preview preview;
  std::vector<ModelForecast> models;
  std::shared_ptr<const PriceTables> tables;
  Micros spent = 0;  // on the dataset so far
  std::optional<BudgetConfig> budget;

  CostForecast cost() const;
  std::optional<double> seconds() const;  // models draw side by side
  std::optional<Micros> budget_left() const;
  bool exceeds_budget() const;  // at the likely cost of what has a known price
};

// Makes the checks of run_job() and writes nothing. Throws what run_job() would.
Forecast forecast_job(const PreparedJob &job);

}  // namespace pictor::host
