#pragma once

#include "base/json.hpp"
#include "config/prices.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
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
  // `names`: under which the model may be priced.
  ModelPrices(std::shared_ptr<const PriceTables> tables, const std::string &plugin,
              const std::vector<std::string> &names);

  // The first entry that fits a request of so many pictures; null: the price is not known. A
  // condition compares a parameter, texts in any letter case. Without a parameter of that name,
  // `size` is WIDTHxHEIGHT, width and height are read from a `size`, `n` is the number of pictures.
  const PriceEntry *find(const Parameters &asked, std::uint32_t pictures) const;
  // Whether find() may answer differently to different requests.
  bool depends_on_request() const;

 private:
  std::shared_ptr<const PriceTables> tables_;  // keeps the entries
  std::vector<const PriceEntry *> entries_;
};

}  // namespace pictor::host
