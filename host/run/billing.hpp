#pragma once

#include "config/config.hpp"
#include "plan/budget.hpp"
#include "plan/plan.hpp"
#include "plan/price_list.hpp"
#include "run/request.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {

// What a run may spend and what it spends: asked before each request leaves, told how each of its
// pictures ended. The highest price of what is in flight is kept free, so that the budget holds
// whatever comes back. Used by the thread that owns the plan.
class Billing {
 public:
  // `spent`: by earlier runs.
  Billing(std::shared_ptr<const PriceTables> tables, std::optional<BudgetConfig> budget,
          Micros spent);

  // Before anything else of that model. `position`: among the run's models.
  void open_model(std::uint32_t position, const RunModel &model, bool billed,
                  const std::string &model_name);

  // Throws Error that names the first model and row without a known price, when the budget does not
  // allow that. `rest`: what is going to be asked; models that only stand in are judged by their
  // own parameters.
  void refuse_unknown_prices(Plan rest,
                             const std::function<Request(const Work &)> &make_request) const;

  struct Admitted {
    std::uint32_t pictures = 0;  // the first so many of the request: all, or what the budget is for
    bool wait = false;           // none now, perhaps when something that is out has ended
  };
  // What is admitted is reserved.
  Admitted admit(const Request &request);
  // What a picture that is out may cost at most; nothing: not known.
  std::optional<Micros> reserved(const Request &request, std::uint32_t index) const;
  // The request did not leave after all.
  void withdrawn(const Request &request);
  // The picture came and was lost.
  void lost(const Request &request, std::uint32_t index);
  // An attempt ended. Sets what it cost: as the plugin told, else by its tokens, else the likely
  // price, which is marked as an estimate in the metadata. What may have been billed costs what was
  // reserved; what failed and was not billed costs nothing.
  void settle(const Request &request, std::uint32_t index, SampleEnd &end);

  const Budget &budget() const { return budget_; }

 private:
  struct Model {
    std::string name, plugin, price_name;
    bool billed = false;
    Parameters asked;  // by a row that sets none
    ModelPrices prices;
    Micros dearest = 0;  // picture so far: what one without a known price is expected to cost
  };
  struct Reservation {
    Micros price = 0;
    const PriceEntry *entry = nullptr;
  };

  bool needs_price(const Model &model) const;
  static std::optional<Micros> cost_of(const Request &request, const SampleEnd &end,
                                       const Reservation &reservation, bool &is_estimate);
  Reservation take(const Sample &sample);

  std::shared_ptr<const PriceTables> tables_;
  std::optional<BudgetConfig> config_;
  Budget budget_;
  std::vector<Model> models_;
  std::map<Sample, Reservation> out_;
};

}  // namespace pictor::host
