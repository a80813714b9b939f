#include "row.hpp"

#include "picture_notes.hpp"
#include "provider_error.hpp"
#include "remote/answers.hpp"
#include "remote/json_body.hpp"
#include "remote/pictures.hpp"

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace pictor::huggingface {

namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

bool is_success(int status) {
  return status >= 200 && status <= 299;
}

}  // namespace

Row::Row(Request request, Ask ask, std::shared_ptr<const Session> session,
         remote::HttpClient &client)
    : request_(std::move(request)),
      session_(std::move(session)),
      client_(client),
      ask_(std::move(ask)),
      tickets_(request_.checkpoint()),
      kept_(request_.checkpoint()) {
  std::set<std::uint64_t> seeds;
  for (std::uint32_t i = 0; i < request_.num_generations(); ++i) seeds.insert(request_.seed(i));
  tickets_.keep_only(seeds);
}

void Row::go_on() noexcept {
  while (!losses_.stop_the_row() && next_ < request_.num_generations()) {
    try {
      if (begin(next_++)) return;
    } catch (...) {
      lost(current_error());
    }
  }
  losses_.worst() ? request_.fail(*losses_.worst()) : request_.done();
}

// False: it is over already.
bool Row::begin(std::uint32_t index) {
  current_ = Current{};
  current_.index = index;
  current_.seed = request_.seed(index);
  current_.queued_at = Clock::now();
  current_.deadline = current_.queued_at + session_->settings.queue_timeout;
  if (request_.timeout_ms() >= 0) {
    current_.deadline = std::min(current_.deadline, begun_ + milliseconds(request_.timeout_ms()));
  }
  if (request_.cancelled()) throw Error(Status::cancelled, "stopped before it was sent");
  if (const Ticket *ticket = tickets_.find(current_.seed)) {
    const Provider *provider = find_provider(ticket->provider);
    const bool elsewhere = provider != session_->place.provider;
    if (provider != nullptr && provider->queue) {
      if (elsewhere) {
        current_.earlier = std::make_unique<Place>(
            provider_place(session_->settings, session_->key, *provider, session_->place.served));
      }
      current_.path = ticket->path;
      look_later(milliseconds(0));
      return true;
    }
  }
  if (tickets_.was_sent(current_.seed)) {
    // The mark stays until the host has recorded this end: a kill before it would send it again.
    lost(Error(Status::unavailable,
               "an earlier run ended while this picture was being asked for: it may have been "
               "drawn and paid for")
             .maybe_billed());
    return false;
  }
  send();
  return true;
}

void Row::send() {
  remote::HttpRequest http = place().request(ask_, current_.seed);
  http.timeout = time_left();
  // With a checkpoint the host leaves it to us to know what had left.
  if (!tickets_.empty()) {
    tickets_.mark_sent(current_.seed);
    keep(true);
  }
  remote::Watch watch;
  watch.cancelled = cancelled();
  client_.send(
      std::move(http),
      [row = shared_from_this()](remote::HttpResult result) {
        row->guarded([&] { row->answered(std::move(result)); });
      },
      std::move(watch));
}

void Row::answered(remote::HttpResult result) {
  const auto *failure = std::get_if<remote::TransferFailure>(&result);
  const auto *answer = std::get_if<remote::HttpAnswer>(&result);
  tickets_.unmark_sent(current_.seed);
  if (failure != nullptr) return over(error_of_failure(*failure, place()));
  if (!is_success(answer->status)) return over(error_of_answer(*answer, place()));
  read(*answer);
}

// A picture as it is, or JSON that tells of one.
void Row::read(const remote::HttpAnswer &answer) {
  const auto *bytes = reinterpret_cast<const std::uint8_t *>(answer.body.data());
  if (!remote::media_type_of({bytes, answer.body.size()}).empty()) return take_bytes(answer);
  const Json body = remote::parse_json(answer.body);
  if (body.is_discarded()) {
    const std::size_t begin = answer.body.find_first_not_of(" \t\r\n");
    const bool json =
        begin != std::string::npos && (answer.body[begin] == '{' || answer.body[begin] == '[');
    if (!current_.path.empty()) {
      return bad_look(answer_fault(answer, place().who + " answered a look at its queue with " +
                                               (json ? "broken JSON" : "no JSON")),
                      std::nullopt);
    }
    if (json) {
      Error error = answer_fault(answer, place().who +
                                             " answered with JSON that is broken or cut "
                                             "off: the picture may have been drawn");
      return over(place().bills() ? error.maybe_billed() : error);
    }
    const std::string words =
        without_keys(remote::readable(answer.body, 120), place().secret_headers);
    return over(
        answer_fault(answer, place().who + " answered with " +
                                 (words.empty() ? "nothing" : "no picture (" + words + ")") +
                                 (place().dedicated ? ": is base_url the route that draws?"
                                                    : ": is its address right?"))
            .retry_never());
  }
  take(place().provider->read(body, current_.path), answer);
}

void Row::take(Reply reply, const remote::HttpAnswer &answer) {
  switch (reply.kind) {
    case Reply::Kind::picture:
      if (reply.blacked_out) return blacked_out(answer);
      current_.reply = std::move(reply);
      return take_text(answer);
    case Reply::Kind::drawing:
      return queued(reply, answer);
    case Reply::Kind::elsewhere: {
      if (reply.path.empty() || current_.result) break;
      current_.bad_looks = 0;
      current_.path = reply.path;
      current_.result = true;
      return look_later(milliseconds(0));
    }
    case Reply::Kind::failed:
      forget_ticket();
      return over(error_of_reply(reply, answer, place()));
    case Reply::Kind::unclear:
      break;
  }
  const Json body = remote::parse_json(answer.body);
  const bool tells = !member_of(body, "error").is_null() || !member_of(body, "detail").is_null();
  if (!current_.path.empty() && !current_.result && !tells) {
    return bad_look(answer_fault(answer, place().who + " answered a look at its queue with JSON "
                                                       "that tells no state"),
                    std::nullopt);
  }
  forget_ticket();
  if (tells) return over(error_of_answer(answer, place()));
  Error error = answer_fault(answer, place().who + " answered without a picture");
  over(place().bills() ? error.maybe_billed() : error);
}

// The provider draws: its ticket is kept before it is waited for.
void Row::queued(const Reply &reply, const remote::HttpAnswer &answer) {
  const bool fresh = current_.path.empty();
  const std::string path = reply.path.empty() ? current_.path : reply.path;
  if (path.empty() || !place().provider->queue) {
    return over(answer_fault(answer, place().who + " still draws, and named no place to look at")
                    .maybe_billed());
  }
  current_.path = path;
  current_.begun = reply.begun;
  current_.bad_looks = 0;
  if (fresh) {
    tickets_.set(current_.seed, {place().provider->name, path, reply.cancel_path, reply.id});
    try {
      keep(true);
    } catch (const Error &error) {
      return over(Error(error).maybe_billed());
    }
  }
  request_.progress(0, 0, std::string(place().provider->name) + ": " + reply.stage);
  look_later(pace());
}

void Row::blacked_out(const remote::HttpAnswer &answer) {
  forget_ticket();
  over(Error(Status::content_rejected,
             place().who + " drew a picture and blacked it out as NSFW (its filter can be set with "
                           "extra_body: {enable_safety_checker: false})")
           .http_status(answer.status)
           .billed()
           .retry_never()
           .after_drawing());
}

void Row::deliver(Image image, const remote::HttpAnswer &answer) {
  const Reply &reply = current_.reply;
  image.seed(reply.seed.value_or(place().seed_for(current_.seed)));
  annotate(image, reply, answer, place());
  request_.image(current_.index, image);
  // Its ticket stays: until the host has recorded the picture, a kill would lose it.
  keep(false);
  go_on();
}

const Place &Row::place() const {
  return current_.earlier ? *current_.earlier : session_->place;
}

std::function<bool()> Row::cancelled() {
  return [row = shared_from_this()] { return row->request_.cancelled(); };
}

void Row::lost(const Error &error) {
  losses_.add(error);
}

void Row::over(const Error &error) {
  keep(false);
  lost(error);
  go_on();
}

void Row::over_thrown() noexcept {
  over(current_error());
}

}  // namespace pictor::huggingface
