#include "plugin/batch.hpp"

#include "base/log.hpp"
#include "plugin/abi_read.hpp"
#include "plugin/pictures.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pictor::host {

namespace {

constexpr std::string_view stage = "generate";

// Runs a call into ModelEvents; returns what it threw, or nothing.
template <class Call>
std::string failure_of(Call call) {
  try {
    call();
    return {};
  } catch (const std::exception &failure) {
    log(LogLevel::error, "model", failure.what());
    return std::string("the host failed to take a result: ") + failure.what();
  }
}

}  // namespace

Batch::Batch(const std::vector<ParameterSpec> &specs, std::vector<ModelRequest> requests,
             std::shared_ptr<ModelEvents> events)
    : specs_(specs), events_(std::move(events)) {
  for (std::uint32_t position = 0; position < requests.size(); ++position) {
    try {
      auto block = std::make_unique<RequestBlock>(specs, std::move(requests[position]));
      requests_.push_back(&block->abi());
      entries_.push_back(std::make_unique<Entry>(position, std::move(block)));
    } catch (const ParameterFault &fault) {
      failure_of([&] { events_->ended(position, to_failure(fault)); });
    }
  }
  open_ = entries_.size();
}

Batch::Entry &Batch::entry(std::uint32_t request) {
  if (request >= entries_.size()) {
    throw ContractFault(fmt::format("request {} of a job of {}", request, entries_.size()));
  }
  return *entries_[request];
}

pictor_status Batch::progress(std::uint32_t request, const Progress &progress) {
  Entry &entry = this->entry(request);
  const std::lock_guard lock(entry.mutex);
  if (entry.ended) return PICTOR_STALE;
  events_->progress(entry.position, progress.fraction, progress.step, progress.steps,
                    progress.stage);
  return PICTOR_OK;
}

pictor_status Batch::image(std::uint32_t request, const pictor_image *theirs,
                           const pictor_image_meta *their_meta) {
  Entry &entry = this->entry(request);
  const pictor_image image = check_image(theirs);
  ReadMeta read = read_meta(their_meta);
  // Goes after the lock does: `release` may call about any request, whose lock another thread holds
  // that waits for this one.
  SharedBytes last;
  std::unique_lock lock(entry.mutex);
  if (entry.ended) return PICTOR_STALE;
  if (read.image_index >= entry.delivered.size()) {
    throw ContractFault(fmt::format("request {}: image_index {}, but {} pictures were asked for",
                                    request, read.image_index, entry.delivered.size()));
  }
  if (read.preview) {
    lock.unlock();
    if (image.release != nullptr) image.release(image.release_ctx, image.data);
    return PICTOR_OK;
  }
  if (entry.delivered[read.image_index]) {
    throw ContractFault(
        fmt::format("request {}: image_index {} comes twice", request, read.image_index));
  }
  Picture picture = take_picture(image);
  last = picture.data;
  entry.delivered[read.image_index] = true;
  // The pixels are the host's now, so a failure of its own is not the plugin's to hear.
  const std::string fault = failure_of([&] {
    events_->picture(entry.position, read.image_index, std::move(picture), std::move(read.meta));
  });
  if (!fault.empty()) entry.host_fault = fault;
  return PICTOR_OK;
}

std::future<void> Batch::checkpoint(std::uint32_t request, std::string_view bytes) {
  Entry &entry = this->entry(request);
  const std::lock_guard lock(entry.mutex);
  if (entry.ended) return {};
  return events_->checkpoint(entry.position, std::string(bytes));
}

std::optional<Failure> Batch::shortfall(const Entry &entry) const {
  if (!entry.host_fault.empty()) return plugin_fault(entry.host_fault, stage);
  const auto came = std::count(entry.delivered.begin(), entry.delivered.end(), true);
  if (static_cast<std::size_t>(came) == entry.delivered.size()) return std::nullopt;
  return plugin_fault(fmt::format("the plugin ended the request as done after {} of {} pictures",
                                  came, entry.delivered.size()),
                      stage);
}

pictor_status Batch::done(std::uint32_t request) {
  Entry &entry = this->entry(request);
  const std::lock_guard lock(entry.mutex);
  return end(entry, shortfall(entry)) ? PICTOR_OK : PICTOR_STALE;
}

pictor_status Batch::fail(std::uint32_t request, const PluginError &error) {
  return end(entry(request), to_failure(error, stage, specs_)) ? PICTOR_OK : PICTOR_STALE;
}

std::uint32_t Batch::end_all(const Failure &failure) {
  std::uint32_t count = 0;
  for (const auto &entry : entries_) count += end(*entry, failure) ? 1 : 0;
  return count;
}

bool Batch::end(Entry &entry, const std::optional<Failure> &failure) {
  {
    const std::lock_guard lock(entry.mutex);
    if (entry.ended) return false;
    entry.ended = true;
    failure_of([&] { events_->ended(entry.position, failure); });
  }
  if (--open_ == 0) all_ended_();
  return true;
}

}  // namespace pictor::host
