// A row's picture in a provider's queue: looks that cost nothing, repeated, and its ticket.
#include "picture_notes.hpp"
#include "provider_error.hpp"
#include "remote/answers.hpp"
#include "remote/base64.hpp"
#include "remote/pictures.hpp"
#include "row.hpp"

#include <algorithm>

namespace pictor::huggingface {

namespace {

using std::chrono::milliseconds;

constexpr int most_bad_looks = 8;  // in a row
constexpr milliseconds longest_queue_pause{30'000};
constexpr milliseconds longest_asked_pause{60'000};

// A redirect is a proxy's doing: what we ask does not move.
bool passes(int status) {
  return (status >= 300 && status <= 399) || status == 408 || status == 425 || status == 429 ||
         status >= 500;
}

// What goes for every look, and another hour may mend: the ticket stays.
bool is_about_the_key(int status) {
  return status == 401 || status == 402 || status == 403;
}

}  // namespace

Row::Milliseconds Row::pace() const {
  return session_->settings.poll_interval.value_or(place().provider->queue->pace);
}

// The host's limit and our own, whichever ends first.
Row::Milliseconds Row::time_left() const {
  if (request_.timeout_ms() < 0) return session_->settings.timeout;
  const auto spent = std::chrono::duration_cast<milliseconds>(Clock::now() - begun_);
  const milliseconds left = milliseconds(request_.timeout_ms()) - spent;
  if (left.count() <= 0) {
    throw Error(Status::timeout, "the time for this row is over").retry_safe();
  }
  return std::min(left, session_->settings.timeout);
}

void Row::look_later(Milliseconds pause) {
  client_.after(
      pause, [row = shared_from_this()] { row->guarded([&] { row->look(); }); }, cancelled());
}

void Row::look() {
  if (request_.cancelled()) {
    return over(Error(Status::cancelled,
                      "left with " + place().who + ": the same command collects the picture"));
  }
  if (Clock::now() >= current_.deadline) return give_up_waiting();
  remote::Watch watch;
  watch.cancelled = cancelled();
  client_.send(
      place().look(current_.path),
      [row = shared_from_this()](remote::HttpResult result) {
        row->guarded([&] { row->looked(std::move(result)); });
      },
      std::move(watch));
}

void Row::looked(remote::HttpResult result) {
  if (const auto *failure = std::get_if<remote::TransferFailure>(&result)) {
    const Error error = remote::error_of(*failure, place().who, false);
    const bool final = (error.view().flags & PICTOR_ERROR_RETRY_NEVER) != 0;
    if (final || failure->kind == remote::TransferFailure::Kind::cancelled) return over(error);
    return bad_look(error, std::nullopt);
  }
  const auto &answer = std::get<remote::HttpAnswer>(result);
  if (answer.status >= 200 && answer.status <= 299) return read(answer);
  const Error error = error_of_answer(answer, place());
  if (is_about_the_key(answer.status)) return over(error);
  if (passes(answer.status)) {
    return bad_look(error, remote::retry_after(answer.headers, std::chrono::system_clock::now()));
  }
  forget_ticket();
  if (current_.result || error.status() == Status::content_rejected) {
    return over(Error(error).after_drawing());
  }
  over(Error(Status::protocol, std::string(error.what()) +
                                   "; its queue does not know the picture any more, which may "
                                   "have been drawn and paid for")
           .http_status(answer.status)
           .maybe_billed());
}

// Looks cost nothing, and what is drawn may be paid for: they are repeated, and in the end the
// ticket stays for another attempt.
void Row::bad_look(const Error &error, std::optional<Milliseconds> asked) {
  if (++current_.bad_looks > most_bad_looks) {
    return over(Error(Status::unavailable,
                      std::string(error.what()) + " (" + std::to_string(most_bad_looks) +
                          " looks after each other); the picture is looked for again"));
  }
  const milliseconds doubled = pace() * (1 << current_.bad_looks);
  milliseconds pause = std::min(doubled, std::max(longest_queue_pause, pace()));
  if (asked) pause = std::max(pause, std::min(*asked, longest_asked_pause));
  look_later(pause);
}

// Too long: it is cancelled where that can be, and otherwise stays to be looked for.
void Row::give_up_waiting() {
  const auto waited =
      std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - current_.queued_at);
  const std::string message =
      place().who + " did not draw the picture in " + std::to_string(waited.count()) + " s";
  const Ticket *ticket = tickets_.find(current_.seed);
  const bool can_cancel = *place().provider->queue->cancel_method != '\0';
  if (!can_cancel || ticket == nullptr || ticket->cancel_path.empty()) {
    return over(Error(Status::timeout, message + "; it is looked for again (queue_timeout)"));
  }
  client_.send(place().cancel(ticket->cancel_path),
               [row = shared_from_this(), message](remote::HttpResult result) {
                 row->guarded([&] {
                   const auto *answer = std::get_if<remote::HttpAnswer>(&result);
                   const bool done = answer != nullptr && answer->status < 300;
                   if (!done) return row->over(Error(Status::timeout, message));
                   row->forget_ticket();
                   Error error(Status::timeout, message + ", and was cancelled (queue_timeout)");
                   row->over(row->current_.begun ? error.maybe_billed() : error.retry_safe());
                 });
               });
}

// The end of the picture, which follows, has the host forget it too.
void Row::forget_ticket() {
  tickets_.drop(current_.seed);
}

// Has the host keep the tickets; on disk when it returns. Without `must`, a host that cannot is no
// reason to lose what came.
void Row::keep(bool must) {
  try {
    std::string text = tickets_.text();
    if (text == kept_) return;
    request_.save_checkpoint(text);
    kept_ = std::move(text);
  } catch (const std::exception &error) {
    if (must) throw;
    log(LogLevel::warning, error.what());
  }
}

void Row::take_bytes(const remote::HttpAnswer &answer) {
  deliver(storable(remote::picture_from({answer.body.begin(), answer.body.end()}, place().bills()),
                   answer, place().bills()),
          answer);
}

// base64, a data URL or the address of the picture.
void Row::take_text(const remote::HttpAnswer &answer) {
  const std::string text = std::move(current_.reply.picture);
  if (text.starts_with("http:") || text.starts_with("https:") || text.starts_with("data:")) {
    return fetch(text, answer);
  }
  auto bytes = remote::from_base64(text);
  if (!bytes) {
    forget_ticket();
    Error error = answer_fault(answer,
                               "the picture in the answer is neither base64 nor a URL: it "
                               "is lost, though drawn");
    return over(place().bills() ? error.billed() : error);
  }
  deliver(
      storable(remote::picture_from(*std::move(bytes), place().bills()), answer, place().bills()),
      answer);
}

void Row::fetch(const std::string &url, const remote::HttpAnswer &answer) {
  const std::string origin = remote::origin_of(url);
  const bool own_server = !origin.empty() && origin == remote::origin_of(place().base);
  remote::DownloadRules rules;
  rules.allow_private = session_->settings.private_downloads || own_server;
  rules.allow_http = rules.allow_private;
  remote::HttpAnswer head = answer;
  head.body.clear();
  remote::download(
      client_, url, rules, place().bills(), cancelled(),
      [row = shared_from_this(), head = std::move(head)](std::variant<Image, Error> got) {
        row->guarded([&] {
          if (const auto *error = std::get_if<Error>(&got)) {
            // What another hour may mend is fetched again by its ticket.
            if (error->status() == Status::protocol) row->forget_ticket();
            return row->over(*error);
          }
          row->deliver(storable(std::get<Image>(std::move(got)), head, row->place().bills()), head);
        });
      });
}

}  // namespace pictor::huggingface
