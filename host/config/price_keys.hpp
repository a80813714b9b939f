#pragma once

#include "config/keys.hpp"

namespace pictor::host {

// The keys of a table of prices, and those of its entries, their `image` and their `tokens`.
const Section &price_table_keys();
const Section &price_entry_keys();
const Section &image_price_keys();
const Section &token_price_keys();

}  // namespace pictor::host
