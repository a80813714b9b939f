#pragma once

#include "base/json.hpp"
#include "config/prices.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pictor::host {

using PriceTables = std::vector<PriceTable>;

// The job's own table first, then the one beside the program; that one alone, or none of them, as
// the job says. Throws Error for a table beside the program that is broken.
std::shared_ptr<const PriceTables> price_tables(const std::optional<PriceTable> &of_job);

// What one model's pictures cost.
class ModelPrices {
 public:
  ModelPrices() = default;  // nothing is known
  // `names`: under which the model may be priced; `load`: its load parameters.
  ModelPrices(std::shared_ptr<const PriceTables> tables, const std::string &plugin,
              const std::vector<std::string> &names, const Parameters &load);

  // The first entry with a price that fits a request of so many pictures, multiplied by what those
  // before it say; null: the price is not known. Lives as long as this object or a copy of it. A
  // condition compares a parameter of the model or the request, texts in any letter case. Without a
  // parameter of that name, `size` is WIDTHxHEIGHT, width and height are read from a `size`, `n` is
  // the number of pictures.
  const PriceEntry *find(const Parameters &asked, std::uint32_t pictures) const;
  // Whether find() may answer differently to different requests.
  bool depends_on_request() const;

 private:
  struct Candidate {
    const PriceEntry *entry;
    std::vector<const PriceCondition *> when;  // those that the model itself does not settle
  };
  using Multiplied = std::map<std::pair<const PriceEntry *, double>, PriceEntry>;

  const PriceEntry *multiplied(const PriceEntry *entry, double times) const;

  std::shared_ptr<const PriceTables> tables_;  // keeps the entries
  std::vector<Candidate> candidates_;
  std::shared_ptr<Multiplied> multiplied_ = std::make_shared<Multiplied>();
};

}  // namespace pictor::host
