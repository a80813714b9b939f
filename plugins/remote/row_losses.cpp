#include "remote/row_losses.hpp"

namespace pictor::remote {

namespace {

// Whether the failure is that picture's own, so that the next one is worth asking for.
bool is_of_one_picture(const Error &error) {
  return error.status() == Status::content_rejected || error.status() == Status::protocol ||
         (error.status() != Status::cancelled && may_be_paid(error));
}

int weight_of(const Error &error) {
  if (may_be_paid(error)) return 3;
  if (!is_of_one_picture(error)) return 2;
  return error.status() == Status::content_rejected ? 0 : 1;
}

}  // namespace

bool may_be_paid(const Error &error) {
  return (error.view().flags & (PICTOR_ERROR_BILLED | PICTOR_ERROR_MAYBE_BILLED)) != 0;
}

void RowLosses::add(const Error &error) {
  if (!worst_ || weight_of(error) > weight_of(*worst_)) worst_ = error;
  stopped_ = stopped_ || !is_of_one_picture(error);
}

}  // namespace pictor::remote
