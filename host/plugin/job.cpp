#include "plugin/job.hpp"

namespace pictor::host {

HandleTable<Job> &jobs() {
  static auto *const table = new HandleTable<Job>(1);
  return *table;
}

HandleTable<ErrorSink> &error_sinks() {
  static auto *const table = new HandleTable<ErrorSink>(2);
  return *table;
}

PluginError ReasonOfCall::of_failure() const {
  const std::lock_guard lock(sink_->mutex);
  return sink_->error.value_or(PluginError{});
}

PluginError ReasonOfCall::of(pictor_status status) const {
  PluginError error = of_failure();
  error.status = status;
  return error;
}

}  // namespace pictor::host
