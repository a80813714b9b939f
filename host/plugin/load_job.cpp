#include "plugin/load_job.hpp"

#include "plugin/abi_read.hpp"

namespace pictor::host {

namespace {

[[noreturn]] void no_requests() {
  throw ContractFault("the job of a load has no pictures, checkpoints or ends");
}

}  // namespace

LoadJob::LoadJob(OnProgress progress, std::function<bool()> cancelled)
    : progress_(std::move(progress)), cancelled_(std::move(cancelled)) {}

void LoadJob::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool LoadJob::cancelled() const {
  const std::lock_guard lock(mutex_);
  return closed_ || (cancelled_ && cancelled_());
}

pictor_status LoadJob::progress(std::uint32_t request, const Progress &progress) {
  if (request != 0) throw ContractFault("a load has request 0 only");
  const std::lock_guard lock(mutex_);
  if (closed_) return PICTOR_STALE;
  if (progress_) progress_(progress.fraction, progress.stage);
  return PICTOR_OK;
}

pictor_status LoadJob::image(std::uint32_t, const pictor_image *, const pictor_image_meta *) {
  no_requests();
}
std::future<void> LoadJob::checkpoint(std::uint32_t, std::string_view) {
  no_requests();
}
pictor_status LoadJob::done(std::uint32_t) {
  no_requests();
}
pictor_status LoadJob::fail(std::uint32_t, const PluginError &) {
  no_requests();
}

}  // namespace pictor::host
