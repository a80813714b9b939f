#include "row.hpp"

#include "provider_error.hpp"
#include "remote/answers.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace pictor::openai {

namespace {

std::vector<Slice> slices_of(const Request &request, const Ask &ask, const Settings &settings) {
  std::vector<Slice> slices;
  const std::uint32_t wanted = request.num_generations();
  const std::uint32_t most = most_pictures_of(ask, settings);
  for (std::uint32_t first = 0; first < wanted; first += most) {
    Slice slice{first, std::min(most, wanted - first), {}};
    if (settings.sends_seeds) slice.seed = request.seed(first);
    slices.push_back(slice);
  }
  return slices;
}

}  // namespace

// What goes wrong in one of the client's callbacks ends the slice, never the process.
template <typename Step>
void Row::guarded(Step step) noexcept {
  try {
    step();
  } catch (...) {
    lost(current_error());
  }
}

Row::Row(Request request, Ask ask, std::shared_ptr<const Settings> settings,
         remote::HttpClient &client, BatchLane *batch)
    : request_(std::move(request)),
      settings_(std::move(settings)),
      client_(client),
      batch_(batch),
      ask_(std::move(ask)),
      slices_(slices_of(request_, ask_, *settings_)) {}

void Row::go_on() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!losses_.stop_the_row() && next_ < slices_.size()) open_ = 1;
  }
  if (open_ == 0) return end();
  try {
    send(slices_[next_++]);
  } catch (...) {
    lost(current_error());
    part_done();
  }
}

void Row::send(const Slice &slice) {
  {
    const std::lock_guard lock(events_mutex_);
    current_ = Current{};
    current_.slice = slice;
    if (ask_.stream) current_.stream = std::make_unique<StreamedAnswer>();
  }
  if (request_.cancelled()) throw Error(Status::cancelled, "stopped before it was sent");
  remote::HttpRequest http = http_request_of(ask_, slice, *settings_);
  if (batch_ != nullptr) return send_in_batch(std::move(http));
  http.timeout = time_left();
  client_.send(
      std::move(http),
      [row = shared_from_this()](remote::HttpResult result) {
        row->guarded([&] { row->answered(std::move(result)); });
        row->part_done();
      },
      watch());
}

void Row::send_in_batch(remote::HttpRequest http) {
  BatchEntry entry;
  entry.request = std::move(http);
  entry.row = &request_;
  entry.cancelled = [row = shared_from_this()] { return row->request_.cancelled(); };
  entry.answered = [row = shared_from_this()](const remote::HttpAnswer &answer) {
    row->guarded([&] { row->read_answer(answer); });
    row->part_done();
  };
  entry.failed = [row = shared_from_this()](const Error &error) {
    row->lost(error);
    row->part_done();
  };
  // An earlier life's ticket is the first slice's.
  batch_->send(std::move(entry), next_ == 1 ? request_.checkpoint() : std::string_view());
}

remote::Watch Row::watch() {
  remote::Watch watch;
  watch.cancelled = [row = shared_from_this()] { return row->request_.cancelled(); };
  if (!ask_.stream) return watch;
  watch.on_bytes = [row = shared_from_this()](const remote::HttpAnswer &head,
                                              std::string_view bytes) {
    if (row->current_.head.status == 0) row->current_.head = head;
    try {
      if (!row->current_.stream->feed(head, bytes)) return true;
    } catch (...) {
      row->lost(current_error().maybe_billed());
      return false;
    }
    // Handing a preview over may block, and this is the event loop.
    row->client_.after({}, [row] { row->guarded([&] { row->read_events(); }); });
    return true;
  };
  return watch;
}

// The host's limit and our own, whichever ends first.
std::chrono::milliseconds Row::time_left() const {
  if (request_.timeout_ms() < 0) return settings_->timeout;
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_);
  const std::chrono::milliseconds left = std::chrono::milliseconds(request_.timeout_ms()) - spent;
  if (left.count() <= 0) {
    throw Error(Status::timeout, "the time for this row is over").retry_safe();
  }
  return std::min(left, settings_->timeout);
}

void Row::answered(remote::HttpResult result) {
  if (current_.stream) return stream_ended(std::move(result));
  if (const auto *failure = std::get_if<remote::TransferFailure>(&result)) {
    return lost(error_of_failure(*failure, settings_->endpoint));
  }
  read_answer(std::get<remote::HttpAnswer>(result));
}

void Row::read_answer(const remote::HttpAnswer &answer) {
  if (answer.status < 200 || answer.status > 299) {
    return lost(error_of_answer(answer, settings_->model, settings_->endpoint));
  }
  ImagesAnswer images = read_images(answer, settings_->endpoint);
  const auto came = static_cast<std::uint32_t>(images.pictures.size());
  if (came > current_.slice.count) {
    log(LogLevel::warning, std::to_string(came) + " pictures came where " +
                               std::to_string(current_.slice.count) + " were asked for");
    images.pictures.erase(images.pictures.begin() + current_.slice.count, images.pictures.end());
  }
  for (AnsweredPicture &picture : images.pictures) take(std::move(picture), images.notes, came);
  if (current_.taken < current_.slice.count) missing(answer);
}

void Row::read_events() {
  const std::lock_guard lock(events_mutex_);
  if (current_.closed) return;
  for (const StreamEvent &event : current_.stream->take()) read_event(event);
}

void Row::read_event(const StreamEvent &event) {
  const std::uint32_t index = current_.slice.first + current_.taken;
  const bool wanted = current_.taken < current_.slice.count;
  switch (event.kind) {
    case StreamEvent::Kind::partial: {
      ++current_.partials;
      AnsweredPicture preview = read_picture(event.data, current_.head);
      auto *image = std::get_if<Image>(&preview.content);
      if (wanted && image != nullptr) show(index, image->preview());
      return;
    }
    case StreamEvent::Kind::completed:
      if (wanted) {
        take(read_picture(event.data, current_.head), notes_of(event.data, current_.head), 1);
      }
      return;
    case StreamEvent::Kind::error:
      if (!wanted) return;
      ++current_.taken;
      return lost(error_of_event(event.data, current_.head, current_.partials > 0, settings_->model,
                                 settings_->endpoint));
    case StreamEvent::Kind::broken:
      log(LogLevel::warning, "an event of the stream is no JSON");
      return;
    case StreamEvent::Kind::end:
    case StreamEvent::Kind::other:
      return;
  }
}

// A preview that nobody can show is no loss.
void Row::show(std::uint32_t index, const Image &preview) {
  try {
    request_.image(index, preview);
  } catch (const Error &error) {
    log(LogLevel::debug, error.what());
  }
}

// The gaps that a stream can leave: no stream at all, a cut one, and one without its picture.
void Row::stream_ended(remote::HttpResult result) {
  auto *answer = std::get_if<remote::HttpAnswer>(&result);
  if (!current_.stream->is_stream() && answer != nullptr) {
    answer->body = current_.stream->take_body();
    return read_answer(*answer);
  }
  const std::lock_guard lock(events_mutex_);
  current_.closed = true;
  for (const StreamEvent &event : current_.stream->take()) read_event(event);
  if (current_.taken >= current_.slice.count) return;
  if (answer != nullptr) return missing(*answer);
  const bool known = losses_.worst() && remote::may_be_paid(*losses_.worst());
  if (!known) {
    lost(error_of_failure(std::get<remote::TransferFailure>(result), settings_->endpoint));
  }
}

void Row::take(AnsweredPicture picture, const AnswerNotes &notes, std::uint32_t answered) {
  const std::uint32_t index = current_.slice.first + current_.taken++;
  if (const auto *error = std::get_if<Error>(&picture.content)) return lost(*error);
  if (const auto *address = std::get_if<AnsweredPicture::Address>(&picture.content)) {
    const std::string url = address->url;
    return fetch(url, index, std::move(picture), notes, answered);
  }
  deliver(std::get<Image>(picture.content), index, picture, notes, answered);
}

void Row::deliver(Image image, std::uint32_t index, const AnsweredPicture &entry,
                  const AnswerNotes &notes, std::uint32_t answered) {
  // A row of one request tells what the provider told; others are told as if all were alike.
  const bool whole = slices_.size() == 1;
  annotate(image, entry, notes, answered, whole ? answered : request_.num_generations());
  if (settings_->sends_seeds) image.seed(request_.seed(index));
  request_.image(index, image);
}

void Row::fetch(const std::string &url, std::uint32_t index, AnsweredPicture entry,
                const AnswerNotes &notes, std::uint32_t answered) {
  const std::string origin = remote::origin_of(url);
  const bool own_server = !origin.empty() && origin == remote::origin_of(settings_->endpoint.base);
  remote::DownloadRules rules;
  rules.allow_private = settings_->private_downloads || own_server;
  rules.allow_http = rules.allow_private;
  {
    const std::lock_guard lock(mutex_);
    ++open_;
  }
  auto done = [row = shared_from_this(), index, entry = std::move(entry), notes,
               answered](std::variant<Image, Error> got) {
    row->guarded([&] {
      if (const auto *error = std::get_if<Error>(&got)) return row->lost(*error);
      row->deliver(std::get<Image>(std::move(got)), index, entry, notes, answered);
    });
    row->part_done();
  };
  remote::download(
      client_, url, rules, true, [row = shared_from_this()] { return row->request_.cancelled(); },
      std::move(done));
}

// Fewer pictures came than were asked for.
void Row::missing(const remote::HttpAnswer &answer) {
  const std::uint32_t came = current_.taken, wanted = current_.slice.count;
  if (current_.stream && current_.stream->is_stream()) {
    return lost(answer_fault(answer, "the stream ended without its picture, after " +
                                         std::to_string(current_.partials) + " partial ones")
                    .maybe_billed());
  }
  if (came == 0) {
    return lost(answer_fault(answer, settings_->endpoint.who + " answered without any picture")
                    .maybe_billed());
  }
  lost(answer_fault(answer, settings_->endpoint.who + " answered with " + std::to_string(came) +
                                " of the " + std::to_string(wanted) +
                                " pictures that were asked for"));
}

void Row::lost(const Error &error) {
  const std::lock_guard lock(mutex_);
  losses_.add(error);
}

// The transfer or a download has ended; the last one goes on with the row.
void Row::part_done() {
  {
    const std::lock_guard lock(mutex_);
    if (--open_ != 0) return;
  }
  go_on();
}

void Row::end() {
  losses_.worst() ? request_.fail(*losses_.worst()) : request_.done();
}

}  // namespace pictor::openai
