#include "endpoint_start.hpp"

#include "hub.hpp"
#include "provider_error.hpp"
#include "remote/answers.hpp"

#include <algorithm>

namespace pictor::huggingface {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds first_pause{1'000};
constexpr milliseconds longest_start_pause{10'000};

bool is_starting(int status) {
  return status == 502 || status == 503 || status == 504;
}

remote::HttpRequest question(const Place &place) {
  remote::HttpRequest request;
  request.url = place.base;
  request.headers = place.headers;
  request.secret_headers = place.secret_headers;
  request.headers.set("Accept", "*/*");
  request.timeout = seconds(60);
  request.max_bytes = 1u << 20;
  return request;
}

// What goes on asking would not mend.
bool is_for_good(const Error &error) {
  return (error.view().flags & PICTOR_ERROR_RETRY_NEVER) != 0 ||
         error.status() == Status::unauthenticated || error.status() == Status::permission_denied;
}

std::string seconds_since(Clock::time_point begin) {
  return std::to_string(std::chrono::duration_cast<seconds>(Clock::now() - begin).count()) + " s";
}

}  // namespace

void wait_for_endpoint(remote::HttpClient &client, const Place &place, milliseconds at_most,
                       Loading &loading) {
  const Clock::time_point begin = Clock::now();
  const auto cancelled = [&] { return loading.cancelled(); };
  for (milliseconds pause = first_pause;; pause = std::min(2 * pause, longest_start_pause)) {
    const remote::HttpResult result = ask_now(client, question(place), cancelled);
    milliseconds wait = pause;
    const auto *answer = std::get_if<remote::HttpAnswer>(&result);
    Error error(Status::unavailable, "");
    if (answer != nullptr) {
      error = error_of_answer(*answer, place);
      const bool paused =
          answer->status >= 400 && is_for_good(error) && error.status() == Status::unavailable;
      if (!is_starting(answer->status) && !paused) return;
      if (paused) throw error;
      if (const auto asked =
              remote::retry_after(answer->headers, std::chrono::system_clock::now())) {
        wait = std::min<milliseconds>(*asked, longest_start_pause);
      }
    } else {
      const auto &failure = std::get<remote::TransferFailure>(result);
      error = error_of_failure(failure, place);
      if (failure.kind != remote::TransferFailure::Kind::timeout || cancelled()) throw error;
    }
    if (Clock::now() + wait - begin > at_most) {
      throw Error(Status::unavailable, place.who + " has not started in " + seconds_since(begin) +
                                           " (startup_timeout): " + error.what());
    }
    loading.progress(-1, place.who + " is starting, " + seconds_since(begin));
    pause_now(client, wait, cancelled);
    if (cancelled()) throw Error(Status::cancelled, "stopped while " + place.who + " started");
  }
}

}  // namespace pictor::huggingface
