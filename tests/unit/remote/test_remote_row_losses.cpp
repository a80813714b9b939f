#include "remote/row_losses.hpp"
#include "support/catch.hpp"

using namespace pictor;
using namespace pictor::remote;

namespace {

const Error refused(Status::content_rejected, "refused");
const Error limited(Status::rate_limited, "limited");
const Error paid = Error(Status::protocol, "paid").billed();
const Error broken(Status::protocol, "broken");

// What the row ends with after those, and "stops" when the rest is not asked for.
std::string after(const std::vector<Error> &errors) {
  RowLosses losses;
  for (const Error &error : errors) losses.add(error);
  if (!losses.worst()) return "nothing";
  return std::string(losses.worst()->what()) + (losses.stop_the_row() ? " stops" : "");
}

}  // namespace

TEST_CASE("one error speaks for all lost pictures of a row") {
  CHECK(after({}) == "nothing");
  CHECK(after({refused}) == "refused");
  CHECK(after({refused, broken}) == "broken");
  CHECK(after({broken, refused, limited}) == "limited stops");
  CHECK(after({limited, paid, refused}) == "paid stops");
  CHECK(after({paid, broken}) == "paid");
}

TEST_CASE("what may have been paid for stops no other picture, but for a cancel") {
  CHECK(after({Error(Status::timeout, "late").maybe_billed()}) == "late");
  CHECK(after({Error(Status::cancelled, "gone").maybe_billed()}) == "gone stops");
}
