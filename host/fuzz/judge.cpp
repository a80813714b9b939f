#include "fuzz/judge.hpp"

#include "check/picture_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace pictor::host::fuzz {

namespace {

using check::SeenImage;
using check::SeenRequest;

std::size_t digest_of(const Picture &picture) {
  const auto pixels = check::pixels_of(picture);
  if (!pixels) return 0;
  const std::string_view bytes(reinterpret_cast<const char *>(pixels->bytes.data()),
                               pixels->bytes.size());
  return std::hash<std::string_view>{}(bytes) ^ (std::size_t{pixels->width} << 40);
}

std::string words(pictor_status status, const PluginError &reason) {
  return reason.message.empty() ? status_name(status)
                                : fmt::format("{}: {}", status_name(status), reason.message);
}

// Failures that depend on more than the request.
bool may_pass(pictor_status status) {
  return status == PICTOR_RESOURCE_EXHAUSTED || status == PICTOR_UNAVAILABLE ||
         status == PICTOR_TIMEOUT || status == PICTOR_RATE_LIMITED;
}

void judge_picture(const Flight &flight, std::size_t request, const SeenImage &image,
                   std::vector<std::string> &faults) {
  if (flight.job->release_at_once) return;  // it is gone
  const auto add = [&](const std::vector<std::string> &texts) {
    for (const std::string &text : texts) {
      faults.push_back(fmt::format("picture: request {}: {}", request, text));
    }
  };
  add(check::size_faults(image.picture, flight.parameters[request]));
  add(check::content_faults(image.picture));
}

void judge_request(const Flight &flight, std::size_t index, std::vector<std::string> &faults) {
  const SeenRequest &seen = flight.job->requests[index];
  if (!seen.ended) {
    faults.push_back(fmt::format("end: request {} of {} got none", index, flight.requests.size()));
    return;
  }
  if (seen.failed && seen.status == PICTOR_OK) {
    faults.push_back(fmt::format("status: request {}: job_fail with OK", index));
  } else if (seen.failed) {
    const auto fault = Judge::status_fault(seen.status, flight.cancel_asked, seen.error);
    if (fault) faults.push_back(*fault + fmt::format(", of request {}", index));
  }
  const bool all_taken = !flight.treatment->refuses_images();
  if (!seen.failed && seen.images.size() < seen.wanted && all_taken) {
    faults.push_back(fmt::format("pictures: request {} was done after {} of {}", index,
                                 seen.images.size(), seen.wanted));
  }
  for (const SeenImage &image : seen.images) judge_picture(flight, index, image, faults);
}

}  // namespace

std::optional<std::string> Judge::status_fault(pictor_status status, bool cancel_asked,
                                               const PluginError &reason) {
  if (status < PICTOR_OK || status >= PICTOR_STALE) {
    return fmt::format("status: {} is none to return", status_name(status));
  }
  if (status == PICTOR_CANCELLED) {
    if (cancel_asked) return std::nullopt;
    return "cancelled: CANCELLED, and nobody cancelled";
  }
  if (status != PICTOR_OK && reason.message.empty()) {
    return fmt::format("reason: {} without one", status_name(status));
  }
  return std::nullopt;
}

std::vector<std::string> Judge::faults_of(const Flight &flight, const ModelInfo &info) {
  std::vector<std::string> faults;
  const std::lock_guard lock(flight.job->mutex);
  if (flight.returned != PICTOR_OK) {
    if (const auto fault = status_fault(flight.returned, flight.cancel_asked, flight.reason)) {
      faults.push_back(*fault);
    }
    if (flight.job->emitted != 0) {
      faults.push_back(
          fmt::format("refusal: it returned {}, after {} calls about the job's requests",
                      status_name(flight.returned), flight.job->emitted.load()));
    }
  } else {
    for (std::size_t i = 0; i < flight.requests.size(); ++i) judge_request(flight, i, faults);
  }
  if (info.deterministic && flight.is_comparable()) compare(flight, info, faults);
  for (std::string &fault : faults) fault += fmt::format(" ({})", flight.call);
  return faults;
}

void Judge::compare(const Flight &flight, const ModelInfo &info, std::vector<std::string> &faults) {
  Digests digests;
  const auto earlier = drawn_.find(flight.asked);
  for (std::size_t i = 0; i < flight.requests.size(); ++i) {
    const SeenRequest &seen = flight.job->requests[i];
    if (flight.returned != PICTOR_OK || !seen.ended || seen.failed) {
      const pictor_status status = flight.returned != PICTOR_OK ? flight.returned : seen.status;
      const PluginError &reason = flight.returned != PICTOR_OK ? flight.reason : seen.error;
      if (earlier != drawn_.end() && !info.needs_network && !may_pass(status)) {
        faults.push_back(fmt::format("again: request {}, which it drew before, ends with {}", i,
                                     words(status, reason)));
      }
      return;
    }
    std::vector<const SeenImage *> images;
    for (const SeenImage &image : seen.images) images.push_back(&image);
    std::sort(images.begin(), images.end(),
              [](const SeenImage *a, const SeenImage *b) { return a->index < b->index; });
    if (flight.job->release_at_once) return;
    for (const SeenImage *image : images) digests.push_back(digest_of(image->picture));
  }
  if (earlier == drawn_.end()) {
    drawn_.emplace(flight.asked, std::move(digests));
  } else if (earlier->second != digests) {
    faults.push_back("pixels: it says DETERMINISTIC, and the same request drew another picture");
  }
}

}  // namespace pictor::host::fuzz
