#pragma once

#include <cstdint>
#include <string>

namespace pictor::host {

// Money is counted in whole millionths of a US dollar.
using Micros = std::int64_t;

// Dollars as a user writes them, to the nearest millionth.
Micros micros_of(double dollars);
double dollars_of(Micros micros);

// "$25.00", "$0.009", "$1234.57": two decimals, and below a dollar as many as say something, four
// at most; an amount that would vanish then is shown in full.
std::string money_text(Micros micros);

}  // namespace pictor::host
