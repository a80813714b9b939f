#pragma once

#include "base/json.hpp"
#include "base/money.hpp"
#include "config/prices.hpp"

#include <optional>

namespace pictor::host {

// What a request cost by the tokens that the record of one of its pictures tells of: they are the
// request's as a whole (plan/rate_report.hpp). In the words of the OpenAI Images API: input_tokens
// and output_tokens, with input_tokens_details and output_tokens_details {text_tokens,
// image_tokens}, in the record itself or under `usage`. Output without a breakdown is pictures,
// input without one is text. Nothing when the record tells of no output, or a price that it takes
// is not known.
std::optional<Micros> cost_of_tokens(const TokenPrices &prices, const Json &record);

}  // namespace pictor::host
