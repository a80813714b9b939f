#include "batch.hpp"
#include <pictor/model.hpp>

#include <algorithm>
#include <utility>

namespace pictor::openai {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_wait{60'000};
// A line holds up to ten pictures in base64.
constexpr std::size_t longest_line = 1u << 30;
constexpr std::uint64_t largest_output = 1ull << 42;

Error expired() {
  return Error(Status::unavailable, "the provider did not get to it within the batch's 24 hours")
      .retry_safe();
}

// Nothing was drawn when a batch failed: its file was refused as a whole.
Error error_of_state(const BatchState &state) {
  const std::string words = state.message.empty() ? "no reason was told" : state.message;
  const bool full = state.code.find("limit") != std::string::npos;
  Error error(full ? Status::rate_limited : Status::invalid_argument,
              "the provider refused batch " + state.id + ": " + words);
  error.provider_code(state.code);
  if (full) error.retry_safe();
  return error;
}

}  // namespace

// Then `again`, unless nobody waits any more.
void Batch::wait_for_better(const Error &error, std::function<void()> again) {
  log(LogLevel::warning,
      "batch " + state_.id + " cannot be reached, trying on: " + std::string(error.what()));
  drop_cancelled();
  if (!left()) return;
  services_.client.after(std::min(longest_wait, 4 * settings_.batch.poll), std::move(again));
}

void Batch::collect() {
  std::vector<std::string> files;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(collecting_, true)) return;
    ++pass_;
    for (const std::string &file : {state_.error_file, state_.output_file}) {
      if (!file.empty()) files.push_back(file);
    }
  }
  fetch(std::move(files));
}

// The last file of `files`, then the ones before it. A download that is cut is begun again; lines
// whose request has ended say nothing.
void Batch::fetch(std::vector<std::string> files) {
  if (files.empty()) return without_answer();
  remote::HttpRequest request = request_to("GET", "files/" + files.back() + "/content");
  request.timeout = std::chrono::hours(24);
  request.silence = std::chrono::minutes(5);
  request.max_bytes = largest_output;
  request.max_redirects = 3;
  auto cutter = std::make_shared<LineCutter>(longest_line);
  auto self = shared_from_this();
  const auto each = [self](std::string_view text) { self->line(text); };
  remote::Watch watch;
  watch.on_bytes = [cutter, each](const remote::HttpAnswer &head, std::string_view bytes) {
    if (is_success(head)) cutter->feed(bytes, each);
    return true;
  };
  services_.downloads.send(
      std::move(request),
      [self, cutter, each, files](remote::HttpResult result) mutable {
        const auto *answer = std::get_if<remote::HttpAnswer>(&result);
        if (answer != nullptr && is_success(*answer)) {
          cutter->end(each);
          files.pop_back();
          return self->fetch(std::move(files));
        }
        if (answer != nullptr && (answer->status == 404 || answer->status == 410)) {
          return self->give_up(Error(Status::not_found, "the answers of batch " + self->state_.id +
                                                            " are gone: they were drawn and lost")
                                   .http_status(answer->status)
                                   .billed());
        }
        self->wait_for_better(self->error_of(result), [self, files] { self->fetch(files); });
      },
      std::move(watch));
}

void Batch::line(std::string_view text) {
  const auto read = read_batch_line(text);
  if (!read) return log(LogLevel::warning, "a line of a batch's output is no answer");
  BatchEntry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(read->custom_id);
    if (found == entries_.end()) return;
    entry = std::move(found->second.entry);
    entries_.erase(found);
  }
  if (is_success(read->answer)) return entry.answered(read->answer);
  if (read->answer.status != 0) {
    const bool again = settings_.batch.resend_directly && is_weather(read->answer.status);
    return again ? resend(std::move(entry)) : entry.answered(read->answer);
  }
  if (read->code == "batch_expired" || read->code == "batch_cancelled") {
    return resend(std::move(entry));
  }
  entry.failed(Error(Status::unavailable, "the provider did not run it: " + read->message)
                   .provider_code(read->code));
}

// What the files did not tell of.
void Batch::without_answer() {
  std::vector<BatchEntry> open;
  BatchState state;
  bool late = false;  // requests joined while the files were read
  {
    const std::lock_guard lock(mutex_);
    collecting_ = false;
    state = state_;
    for (auto each = entries_.begin(); each != entries_.end();) {
      const bool told = each->second.pass <= pass_;
      if (told) open.push_back(std::move(each->second.entry));
      each = told ? entries_.erase(each) : std::next(each);
    }
    late = !entries_.empty() && !settling_;
  }
  for (BatchEntry &entry : open) {
    if (state.status == "failed") {
      entry.failed(error_of_state(state));
    } else if (state.status == "completed") {
      entry.failed(Error(Status::protocol, "batch " + state.id + " ended without an answer for it")
                       .maybe_billed());
    } else {
      resend(std::move(entry));
    }
  }
  if (late) collect();
}

void Batch::resend(BatchEntry entry) {
  constexpr std::uint32_t most = 3;
  if (++entry.resent > most) return entry.failed(expired());
  services_.resend(std::move(entry));
}

}  // namespace pictor::openai
