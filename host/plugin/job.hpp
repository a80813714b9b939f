#pragma once

#include "plugin/handle_table.hpp"
#include "plugin/plugin_error.hpp"
#include <pictor/abi.h>

#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::host {

struct Progress {
  double fraction = -1;  // 0..1; negative: not known
  std::uint32_t step = 0, steps = 0;
  std::string stage;
};

// What stands behind a pictor_job: it receives the calls of the host table, from any thread, and
// answers with their status. A call that breaks the contract throws ContractFault.
class Job {
 public:
  virtual ~Job() = default;
  virtual bool cancelled() const = 0;
  virtual pictor_status progress(std::uint32_t request, const Progress &progress) = 0;
  virtual pictor_status image(std::uint32_t request, const pictor_image *image,
                              const pictor_image_meta *meta) = 0;
  // What it returns is ready when the state is on disk; not valid where there is nothing to wait
  // for.
  virtual std::future<void> checkpoint(std::uint32_t request, std::string_view bytes) = 0;
  virtual pictor_status done(std::uint32_t request) = 0;
  virtual pictor_status fail(std::uint32_t request, const PluginError &error) = 0;
};

// What stands behind a pictor_error_sink: the reason given during one call.
struct ErrorSink {
  std::mutex mutex;
  std::optional<PluginError> error;
};

// Of the whole process; never destroyed, for plugins call late.
HandleTable<Job> &jobs();
HandleTable<ErrorSink> &error_sinks();

// The number of an object for a scope.
template <class Object>
class ScopedHandle {
 public:
  ScopedHandle(HandleTable<Object> &table, std::shared_ptr<Object> object)
      : table_(table), handle_(table.add(std::move(object))) {}
  ~ScopedHandle() { table_.remove(handle_); }
  ScopedHandle(const ScopedHandle &) = delete;
  ScopedHandle &operator=(const ScopedHandle &) = delete;
  std::uint64_t get() const { return handle_; }

 private:
  HandleTable<Object> &table_;
  std::uint64_t handle_;
};

// An error sink for the scope of one call into a plugin.
class ReasonOfCall {
 public:
  ReasonOfCall() : sink_(std::make_shared<ErrorSink>()), handle_(error_sinks(), sink_) {}

  pictor_error_sink handle() const { return handle_.get(); }
  // The reason that was told, under the status that the call returned.
  PluginError of(pictor_status status) const;
  // The same for a call that returns no status.
  PluginError of_failure() const;

 private:
  std::shared_ptr<ErrorSink> sink_;
  ScopedHandle<ErrorSink> handle_;
};

}  // namespace pictor::host
