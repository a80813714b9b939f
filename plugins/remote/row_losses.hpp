#pragma once

#include <pictor/error.hpp>

#include <optional>

namespace pictor::remote {

// Whether the provider was paid for it, or may have been.
bool may_be_paid(const Error &error);

// The failures of a row whose pictures are asked for one after another. The row ends with one
// error, which speaks for all of its pictures that did not come: what may have been paid for must
// not be asked for again by itself; then what goes for all; then what another attempt may mend.
// The caller's lock guards it.
class RowLosses {
 public:
  void add(const Error &error);
  const std::optional<Error> &worst() const { return worst_; }
  // Whether the pictures that are left would end alike.
  bool stop_the_row() const { return stopped_; }

 private:
  std::optional<Error> worst_;
  bool stopped_ = false;
};

}  // namespace pictor::remote
