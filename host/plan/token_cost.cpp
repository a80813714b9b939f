#include "plan/token_cost.hpp"

#include <cmath>

namespace pictor::host {
namespace {

// More than any answer holds: what is beyond it is no number of tokens.
constexpr double most_tokens = 1e9;

std::optional<double> tokens(const Json &record, const std::string &name) {
  const auto found = record.find(name);
  if (found == record.end() || !found->is_number()) return std::nullopt;
  const double count = found->get<double>();
  if (!(count >= 0 && count <= most_tokens)) return std::nullopt;
  return count;
}

struct Side {
  double text = 0, image = 0;
};

// One direction's tokens by kind. What the details do not cover is of the usual kind.
std::optional<Side> side_of(const Json &usage, const std::string &name, double Side::*usual) {
  const std::optional<double> all = tokens(usage, name);
  if (!all) return std::nullopt;
  Side side;
  const auto details = usage.find(name + "_details");
  if (details != usage.end() && details->is_object()) {
    side.text = tokens(*details, "text_tokens").value_or(0);
    side.image = tokens(*details, "image_tokens").value_or(0);
  }
  side.*usual += std::max(*all - side.text - side.image, 0.0);
  return side;
}

// Adds up what is bought; a price that is not known spoils the sum.
class Bill {
 public:
  void add(double count, const std::optional<double> &price) {
    if (count == 0) return;
    known_ = known_ && price.has_value();
    micros_ += count * price.value_or(0);
  }
  std::optional<Micros> total() const {
    return known_ ? std::optional<Micros>(std::llround(micros_)) : std::nullopt;
  }

 private:
  double micros_ = 0;
  bool known_ = true;
};

}  // namespace

std::optional<Micros> cost_of_tokens(const TokenPrices &prices, const Json &record) {
  if (!record.is_object()) return std::nullopt;
  const auto found = record.find("usage");
  const Json &usage = found != record.end() && found->is_object() ? *found : record;
  const auto out = side_of(usage, "output_tokens", &Side::image);
  if (!out) return std::nullopt;
  const Side in = side_of(usage, "input_tokens", &Side::text).value_or(Side{});
  Bill bill;
  bill.add(in.text, prices.text_in);
  bill.add(in.image, prices.image_in);
  bill.add(out->text, prices.text_out ? prices.text_out : prices.image_out);
  bill.add(out->image, prices.image_out);
  return bill.total();
}

}  // namespace pictor::host
