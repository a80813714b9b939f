#include "run/billing.hpp"

#include "base/error.hpp"
#include "plan/token_cost.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {
namespace {

std::optional<Micros> limit_of(const std::optional<BudgetConfig> &budget) {
  return budget ? std::optional(budget->max_cost) : std::nullopt;
}

bool has_image_price(const PriceEntry *entry) {
  return entry != nullptr && entry->image.has_value();
}

[[noreturn]] void refuse(const std::string &name, const std::string &plugin,
                         const std::string &model, const std::string &how) {
  throw Error(
      fmt::format("the job has a budget, and there is no price per picture of {} ({} {}){}", name,
                  plugin, model, how),
      fmt::format(
          "add it under job.prices: {{entries: [{{plugin: {}, model: {}, image: DOLLARS}}]}}"
          ", or set job.budget.unknown_price: allow",
          plugin, model == "*" ? "'*'" : model));
}

// The model that draws it.
std::uint32_t lane_of(const Request &request) {
  return request.work.lane;
}

void put_cost(Json &metadata, Micros cost, bool is_estimate) {
  if (metadata.contains("cost")) return;
  metadata["cost"] = dollars_of(cost);
  metadata["cost_currency"] = "USD";
  if (is_estimate) metadata["cost_is_estimate"] = true;
}

}  // namespace

Billing::Billing(std::shared_ptr<const PriceTables> tables, std::optional<BudgetConfig> budget,
                 Micros spent)
    : tables_(std::move(tables)), config_(budget), budget_(limit_of(budget), spent) {}

void Billing::open_model(std::uint32_t position, const RunModel &model, bool billed,
                         const std::string &model_name) {
  if (models_.size() <= position) models_.resize(position + 1);
  const std::vector<std::string> names = price_names(model, model_name);
  models_[position] = {
      model.name, model.plugin,  names.empty() ? "*" : names.back(),
      billed,     model.request, ModelPrices(tables_, model.plugin, names, model.load)};
}

bool Billing::needs_price(const Model &model) const {
  return model.billed && config_ && !config_->allows_unknown_prices;
}

void Billing::refuse_unknown_prices(
    Plan rest, const std::function<Request(const Work &)> &make_request) const {
  for (std::uint32_t m = 0; m < models_.size(); ++m) {
    const Model &model = models_[m];
    if (!needs_price(model)) continue;
    const bool for_all = !model.prices.depends_on_request();
    if ((for_all || !rest.has_work(m)) && !has_image_price(model.prices.find(model.asked, 1))) {
      refuse(model.name, model.plugin, model.price_name, "");
    }
    while (!for_all) {
      const std::vector<Work> work = rest.next_ready(m, 1, Plan::Time::max());
      if (work.empty()) break;
      const Request request = make_request(work.front());
      if (has_image_price(model.prices.find(request.asked.parameters, request.pictures())))
        continue;
      refuse(model.name, model.plugin, model.price_name,
             fmt::format(" as row {} asks for it",
                         request.row.id.empty() ? std::to_string(request.number) : request.row.id));
    }
  }
}

Billing::Admitted Billing::admit(const Request &request) {
  const Model &model = models_.at(lane_of(request));
  Reservation each;
  each.entry = model.prices.find(request.asked.parameters, request.pictures());
  const bool priced = has_image_price(each.entry);
  if (!priced && needs_price(model)) return {0, false};
  const bool used_up = budget_.limit() && budget_.spent() >= *budget_.limit();
  if (!priced && model.billed && used_up) return {0, false};
  each.price = priced ? each.entry->image->high : model.dearest;
  std::uint64_t pictures = request.pictures();
  Budget::Answer answer = budget_.reserve(each.price * static_cast<Micros>(pictures));
  if (answer == Budget::Answer::never) {
    const bool one_may_fit = budget_.spent() + each.price <= *budget_.limit();
    if (one_may_fit && budget_.reserved() > 0) return {0, true};
    pictures = budget_.fitting(each.price, pictures);
    if (pictures == 0) return {0, false};
    answer = budget_.reserve(each.price * static_cast<Micros>(pictures));
  }
  if (answer != Budget::Answer::reserved) return {0, true};
  for (std::uint32_t i = 0; i < pictures; ++i) out_[request.sample(i)] = each;
  return {static_cast<std::uint32_t>(pictures), false};
}

std::optional<Micros> Billing::reserved(const Request &request, std::uint32_t index) const {
  const auto found = out_.find(request.sample(index));
  if (found == out_.end()) return std::nullopt;
  const Reservation &reservation = found->second;
  if (!has_image_price(reservation.entry) && reservation.price == 0) return std::nullopt;
  return reservation.price;
}

Billing::Reservation Billing::take(const Sample &sample) {
  const auto found = out_.find(sample);
  if (found == out_.end()) return {};
  const Reservation reservation = found->second;
  out_.erase(found);
  return reservation;
}

void Billing::withdrawn(const Request &request) {
  for (std::uint32_t i = 0; i < request.pictures(); ++i) {
    budget_.settle(take(request.sample(i)).price, 0);
  }
}

void Billing::lost(const Request &request, std::uint32_t index) {
  const Micros price = take(request.sample(index)).price;
  budget_.settle(price, price);
}

std::optional<Micros> Billing::cost_of(const Request &request, const SampleEnd &end,
                                       const Reservation &reservation, bool &is_estimate) {
  if (end.cost_micros) return end.cost_micros;
  const PriceEntry *entry = reservation.entry;
  const bool came = end.outcome == Outcome::ok || end.outcome == Outcome::truncated;
  if (came && entry != nullptr && entry->tokens) {
    const auto cost = cost_of_tokens(*entry->tokens, end.metadata);
    if (cost) return *cost / request.pictures();
  }
  is_estimate = true;
  const bool priced = has_image_price(entry);
  if (end.outcome == Outcome::maybe_billed) {
    return priced || reservation.price > 0 ? std::optional(reservation.price) : std::nullopt;
  }
  const bool billed = came || (end.failure && end.failure->billed);
  if (!billed || !priced) return std::nullopt;
  return entry->image->likely;
}

void Billing::settle(const Request &request, std::uint32_t index, SampleEnd &end) {
  Model &model = models_.at(lane_of(request));
  const Reservation reservation = take(request.sample(index));
  bool is_estimate = false;
  end.cost_micros = cost_of(request, end, reservation, is_estimate);
  budget_.settle(reservation.price, end.cost_micros.value_or(0));
  if (!end.cost_micros) return;
  model.dearest = std::max(model.dearest, *end.cost_micros);
  if (end.outcome == Outcome::ok) put_cost(end.metadata, *end.cost_micros, is_estimate);
}

}  // namespace pictor::host
