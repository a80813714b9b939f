#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace pictor::remote {

// One event of a text/event-stream.
struct ServerEvent {
  std::string event;  // the `event:` line; "message" without one
  std::string data;   // the `data:` lines, joined by LF
};

// Reads text/event-stream (WHATWG HTML, "Server-sent events") from chunks cut anywhere: CR, LF and
// CRLF, comments, several data lines, a byte order mark. Throws pictor::Error(protocol) for an
// event larger than `max_bytes`.
class EventStream {
 public:
  explicit EventStream(std::size_t max_bytes = 64u << 20) : max_bytes_(max_bytes) {}
  void feed(std::string_view bytes, const std::function<void(ServerEvent)> &event);
  // Whether the stream ended inside an event.
  bool unfinished() const;

 private:
  void line(std::string_view text, const std::function<void(ServerEvent)> &event);

  std::size_t max_bytes_;
  std::string pending_;  // of a line
  std::string data_, name_;
  bool has_data_ = false;
  bool after_cr_ = false;  // an LF that follows belongs to it
  bool at_start_ = true;
};

}  // namespace pictor::remote
