#include "base/money.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("dollars are counted in millionths") {
  CHECK(micros_of(25) == 25'000'000);
  CHECK(micros_of(0.009) == 9'000);
  CHECK(micros_of(0.1 + 0.2) == 300'000);
  CHECK(dollars_of(1'500'000) == 1.5);
}

TEST_CASE("amounts are shown with the decimals that say something") {
  CHECK(money_text(0) == "$0.00");
  CHECK(money_text(25'000'000) == "$25.00");
  CHECK(money_text(1234'567'890) == "$1234.57");
  CHECK(money_text(50'000) == "$0.05");
  CHECK(money_text(9'000) == "$0.009");
  CHECK(money_text(8'704) == "$0.0087");
  CHECK(money_text(7) == "$0.000007");
  CHECK(money_text(-2'500'000) == "-$2.50");
}
