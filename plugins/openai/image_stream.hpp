#pragma once

#include "remote/http.hpp"
#include "remote/sse.hpp"

#include <nlohmann/json.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::openai {

// One event of an image stream: image_generation.* and image_edit.* alike.
struct StreamEvent {
  enum class Kind {
    partial,
    completed,
    error,
    end,     // [DONE]
    other,   // of a kind that is not known: passed over
    broken,  // no JSON
  };
  Kind kind = Kind::other;
  nlohmann::json data;
};

StreamEvent stream_event_of(const remote::ServerEvent &event);

// Takes an answer's bytes as they come: the events of a stream, or a body like any other, which
// servers that do not stream send, and every server for an error. One thread feeds, another takes.
class StreamedAnswer {
 public:
  // Whether events are waiting now. Throws Error(protocol) for an event that is too large.
  bool feed(const remote::HttpAnswer &head, std::string_view bytes);
  // The events since the last call.
  std::vector<StreamEvent> take();

  // The two are for after the end. Whether it was a stream at all.
  bool is_stream() const { return is_stream_; }
  std::string take_body() { return std::move(body_); }

 private:
  std::mutex mutex_;
  std::vector<remote::ServerEvent> waiting_;
  remote::EventStream events_;
  std::string body_;
  bool begun_ = false, is_stream_ = false;
};

}  // namespace pictor::openai
