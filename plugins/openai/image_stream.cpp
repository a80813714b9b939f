#include "image_stream.hpp"

#include "remote/json_body.hpp"

#include <algorithm>
#include <cctype>

namespace pictor::openai {

namespace {

bool is_event_stream(const remote::HttpAnswer &head) {
  std::string type = head.headers.find("content-type").value_or("");
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return head.status >= 200 && head.status < 300 && type.starts_with("text/event-stream");
}

StreamEvent::Kind kind_of(const std::string &name, const nlohmann::json &data) {
  if (name.ends_with(".partial_image")) return StreamEvent::Kind::partial;
  if (name.ends_with(".completed")) return StreamEvent::Kind::completed;
  const auto error = data.find("error");
  const bool has_error = error != data.end() && !error->is_null();
  return name == "error" || has_error ? StreamEvent::Kind::error : StreamEvent::Kind::other;
}

}  // namespace

StreamEvent stream_event_of(const remote::ServerEvent &event) {
  if (event.data == "[DONE]") return {StreamEvent::Kind::end, {}};
  StreamEvent read{StreamEvent::Kind::broken, remote::parse_json(event.data)};
  if (!read.data.is_object()) return read;
  const auto type = read.data.find("type");
  const bool named = type != read.data.end() && type->is_string();
  read.kind =
      kind_of(event.event == "error" || !named ? event.event : type->get<std::string>(), read.data);
  return read;
}

bool StreamedAnswer::feed(const remote::HttpAnswer &head, std::string_view bytes) {
  if (!begun_) {
    begun_ = true;
    is_stream_ = is_event_stream(head);
  }
  if (!is_stream_) {
    body_.append(bytes);
    return false;
  }
  const std::lock_guard lock(mutex_);
  events_.feed(bytes, [&](remote::ServerEvent event) { waiting_.push_back(std::move(event)); });
  return !waiting_.empty();
}

std::vector<StreamEvent> StreamedAnswer::take() {
  std::vector<remote::ServerEvent> events;
  {
    const std::lock_guard lock(mutex_);
    events.swap(waiting_);
  }
  std::vector<StreamEvent> read;
  for (const remote::ServerEvent &event : events) read.push_back(stream_event_of(event));
  return read;
}

}  // namespace pictor::openai
