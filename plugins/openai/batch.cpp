#include "batch.hpp"

#include "provider_error.hpp"
#include "remote/answers.hpp"
#include <pictor/model.hpp>

#include <algorithm>
#include <utility>

namespace pictor::openai {

namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr int upload_attempts = 5;
constexpr int create_attempts = 5;
constexpr int for_ever = 1 << 30;
constexpr milliseconds longest_pause{60'000};

std::int64_t seconds_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

}  // namespace

Batch::Batch(BatchServices &services, std::string path, std::vector<BatchEntry> entries)
    : services_(services), settings_(*services.settings), path_(std::move(path)) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    entries_["row-" + std::to_string(i)] = {std::move(entries[i]), 0};
  }
}

remote::HttpRequest Batch::request_to(const std::string &method, const std::string &route) const {
  remote::HttpRequest request;
  request.method = method;
  request.url = settings_.endpoint.url(route);
  request.headers = settings_.endpoint.headers;
  request.secret_headers = settings_.endpoint.secret_headers;
  request.timeout = settings_.timeout;
  return request;
}

// For steps that cost nothing: the same request again after transport failures and answers of
// overload, with a pause that doubles.
void Batch::repeat(remote::HttpRequest request, int attempts, milliseconds pause, Then then,
                   Otherwise otherwise) {
  auto kept = request;
  services_.client.send(
      std::move(request),
      [self = shared_from_this(), kept = std::move(kept), attempts, pause, then = std::move(then),
       otherwise = std::move(otherwise)](remote::HttpResult result) {
        const auto *answer = std::get_if<remote::HttpAnswer>(&result);
        if (answer != nullptr && is_success(*answer)) return then(*answer);
        if (attempts > 1 && (answer == nullptr || is_weather(answer->status))) {
          self->services_.client.after(pause, [self, kept, attempts, pause, then, otherwise] {
            self->repeat(kept, attempts - 1, std::min(2 * pause, longest_pause), then, otherwise);
          });
          return;
        }
        otherwise(self->error_of(result));
      });
}

// Of a step that costs nothing.
Error Batch::error_of(const remote::HttpResult &result) const {
  if (const auto *answer = std::get_if<remote::HttpAnswer>(&result)) {
    return error_of_answer(*answer, settings_.model, settings_.endpoint);
  }
  remote::TransferFailure failure = std::get<remote::TransferFailure>(result);
  failure.sent = false;
  return error_of_failure(failure, settings_.endpoint);
}

bool Batch::left() {
  const std::lock_guard lock(mutex_);
  return !entries_.empty();
}

void Batch::begin() {
  drop_cancelled();
  std::string content;
  {
    const std::lock_guard lock(mutex_);
    boarding_ = !entries_.empty();
    for (const auto &[id, waiting] : entries_) {
      content += batch_line(id, path_, waiting.entry.request.body) + "\n";
    }
  }
  if (content.empty()) return;
  remote::HttpRequest request = request_to("POST", "files");
  request.parts = {{"purpose", "batch", "", ""},
                   {"file", std::move(content), "pictor.jsonl", "application/jsonl"}};
  repeat(
      std::move(request), upload_attempts, settings_.batch.poll,
      [self = shared_from_this()](const remote::HttpAnswer &answer) { self->uploaded(answer); },
      [self = shared_from_this()](const Error &error) { self->give_up(error); });
}

void Batch::uploaded(const remote::HttpAnswer &answer) {
  const Json body = Json::parse(answer.body, nullptr, false);
  const auto id = body.is_object() ? body.find("id") : body.end();
  if (!body.is_object() || id == body.end() || !id->is_string()) {
    return give_up(Error(Status::protocol, settings_.endpoint.who +
                                               " took a file without telling its id; does it have "
                                               "the Batch API? lane: realtime works without"));
  }
  {
    const std::lock_guard lock(mutex_);
    ticket_ = {id->get<std::string>(), "", seconds_now()};
  }
  if (!keep_tickets()) return;
  {
    const std::lock_guard lock(mutex_);
    boarding_ = false;
  }
  drop_cancelled();
  if (left()) create();
}

// From here on a kill loses nothing. False: not all could be kept, and nothing is asked for.
bool Batch::keep_tickets() {
  std::vector<std::string> texts;
  std::vector<Request::Checkpoint> all;
  {
    const std::lock_guard lock(mutex_);
    texts.reserve(entries_.size());
    for (const auto &[id, waiting] : entries_) {
      texts.push_back(text_of({ticket_.file, id, ticket_.uploaded_at}));
      all.push_back({waiting.entry.row, texts.back()});
    }
  }
  try {
    Request::save_checkpoints(all);
    return true;
  } catch (const Error &error) {
    give_up(error);
    return false;
  }
}

void Batch::create() {
  remote::HttpRequest request = request_to("POST", "batches");
  request.headers.set("Content-Type", "application/json");
  request.body =
      Json{{"input_file_id", ticket_.file}, {"endpoint", path_}, {"completion_window", "24h"}}
          .dump();
  {
    const std::lock_guard lock(mutex_);
    ++creations_;
    looks_ = 0;
  }
  services_.client.send(std::move(request), [self = shared_from_this()](remote::HttpResult result) {
    self->created(std::move(result));
  });
}

void Batch::created(remote::HttpResult result) {
  const auto *answer = std::get_if<remote::HttpAnswer>(&result);
  if (answer != nullptr && is_success(*answer)) {
    const auto state = read_batch(Json::parse(answer->body, nullptr, false));
    if (state) return watch(*state);
  }
  if (answer != nullptr && !is_success(*answer)) {
    const Error error = error_of(result);
    const bool for_good = !is_weather(answer->status) || error.status() == Status::quota_exhausted;
    if (for_good) return give_up(error);
  }
  // It may have been created all the same.
  look_up("");
}

void Batch::join(const BatchTicket &ticket, BatchEntry entry) {
  const std::lock_guard lock(mutex_);
  // All name the same file; what looks for the batch reads it without the lock from the first on.
  if (!std::exchange(found_, true)) ticket_ = {ticket.file, "", ticket.uploaded_at};
  entries_[ticket.custom_id] = {std::move(entry), pass_ + 1};
  last_join_ = Clock::now();
  if (std::exchange(settling_, true)) return;
  services_.client.after(settings_.batch.gather, [self = shared_from_this()] { self->settle(); });
}

// Goes on when no request has joined for a while, so that one look serves them all.
void Batch::settle() {
  bool ended = false, known = false;
  {
    const std::lock_guard lock(mutex_);
    const auto quiet = Clock::now() - last_join_;
    if (quiet < settings_.batch.gather) {
      services_.client.after(settings_.batch.gather,
                             [self = shared_from_this()] { self->settle(); });
      return;
    }
    settling_ = false;
    known = !state_.id.empty();
    ended = state_.ended();
  }
  if (ended) return collect();
  if (!known) look_up("");
}

// The server lists the newest first.
void Batch::look_up(const std::string &after) {
  std::string route = "batches?limit=100";
  if (!after.empty()) route += "&after=" + after;
  repeat(
      request_to("GET", route), for_ever, settings_.batch.poll,
      [self = shared_from_this()](const remote::HttpAnswer &answer) { self->looked(answer); },
      [self = shared_from_this()](const Error &error) {
        self->give_up(error);
      });  // the ticket stays
}

void Batch::looked(const remote::HttpAnswer &answer) {
  const Json body = Json::parse(answer.body, nullptr, false);
  std::string last;
  std::int64_t oldest = 0;
  const auto data = body.is_object() ? body.find("data") : body.end();
  if (body.is_object() && data != body.end() && data->is_array()) {
    for (const Json &each : *data) {
      const auto state = read_batch(each);
      if (!state) continue;
      if (state->input_file == ticket_.file) return watch(*state);
      last = state->id;
      oldest = state->created_at;
    }
  }
  constexpr std::int64_t slack_s = 3600;  // between two clocks
  const bool more = body.is_object() && body.value("has_more", false) && !last.empty();
  if (more && oldest >= ticket_.uploaded_at - slack_s) return look_up(last);
  not_found();
}

// A list may lag behind: one look is none.
void Batch::not_found() {
  bool create_now = false;
  {
    const std::lock_guard lock(mutex_);
    if (++looks_ < 2) {
      services_.client.after(2 * settings_.batch.poll,
                             [self = shared_from_this()] { self->look_up(""); });
      return;
    }
    create_now = !found_ && creations_ < create_attempts;
  }
  if (create_now) return create();
  if (!found_) {
    return give_up(Error(Status::unavailable, settings_.endpoint.who + " created no batch in " +
                                                  std::to_string(create_attempts) + " attempts")
                       .retry_safe());
  }
  std::vector<BatchEntry> all;
  {
    const std::lock_guard lock(mutex_);
    for (auto &[id, waiting] : entries_) all.push_back(std::move(waiting.entry));
    entries_.clear();
  }
  // Its file was uploaded and no batch was made of it: nothing was drawn.
  for (BatchEntry &entry : all) services_.resend(std::move(entry));
}

void Batch::watch(const BatchState &state) {
  std::string word;
  {
    const std::lock_guard lock(mutex_);
    state_ = state;
    word = "batch " + state.id + ": " + state.status + ", " + std::to_string(state.completed) +
           " of " + std::to_string(state.total) + " done";
    if (word == told_) word.clear();
    if (!word.empty()) told_ = word;
  }
  if (!word.empty()) log(LogLevel::info, word);
  drop_cancelled();
  if (!left()) return;
  if (state.ended()) return collect();
  services_.client.after(settings_.batch.poll, [self = shared_from_this()] { self->ask_state(); });
}

// Never gives its requests up for an answer that another day may mend: they may be paid for.
void Batch::ask_state() {
  std::string id;
  {
    const std::lock_guard lock(mutex_);
    id = state_.id;
  }
  services_.client.send(request_to("GET", "batches/" + id), [self = shared_from_this(),
                                                             id](remote::HttpResult result) {
    const auto *answer = std::get_if<remote::HttpAnswer>(&result);
    if (answer != nullptr && is_success(*answer)) {
      const auto state = read_batch(Json::parse(answer->body, nullptr, false));
      if (state) return self->watch(*state);
    }
    if (answer != nullptr && answer->status == 404) {
      return self->give_up(self->error_of(result).maybe_billed());
    }
    self->wait_for_better(self->error_of(result), [self] { self->ask_state(); });
  });
}

void Batch::drop_cancelled() {
  std::vector<BatchEntry> gone;
  bool kept = false;
  {
    const std::lock_guard lock(mutex_);
    if (boarding_) return;
    kept = !ticket_.file.empty();
    for (auto each = entries_.begin(); each != entries_.end();) {
      const bool stop = each->second.entry.cancelled();
      if (stop) gone.push_back(std::move(each->second.entry));
      each = stop ? entries_.erase(each) : std::next(each);
    }
  }
  const Error error(Status::cancelled, kept ? "left with the provider's batch: the same command "
                                              "collects it"
                                            : "stopped before it was sent");
  for (const BatchEntry &entry : gone) entry.failed(error);
}

void Batch::give_up(const Error &error) {
  std::unordered_map<std::string, Waiting> all;
  {
    const std::lock_guard lock(mutex_);
    all.swap(entries_);
  }
  for (const auto &[id, waiting] : all) waiting.entry.failed(error);
}

}  // namespace pictor::openai
