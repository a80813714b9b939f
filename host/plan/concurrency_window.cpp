#include "plan/concurrency_window.hpp"

#include <algorithm>

namespace pictor::host {

void ConcurrencyWindow::succeeded() {
  if (!adaptive_ || size_ == most_) return;
  if (++successes_ < size_) return;
  ++size_;
  successes_ = 0;
}

bool ConcurrencyWindow::limited(Time sent, Time now) {
  successes_ = 0;
  if (!adaptive_ || sent < last_cut_) return false;
  last_cut_ = now;
  size_ = std::max(1u, size_ - std::max(1u, size_ / 4));
  return true;
}

}  // namespace pictor::host
