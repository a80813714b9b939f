#include "remote/sse.hpp"

#include "remote/growing.hpp"
#include <pictor/error.hpp>

#include <algorithm>
#include <utility>

namespace pictor::remote {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The first CR or LF. Both searches stay inside one line, so a stream is read once.
std::size_t end_of_line(std::string_view bytes) {
  const std::size_t lf = std::min(bytes.find('\n'), bytes.size());
  return std::min(bytes.substr(0, lf).find('\r'), lf);
}

}  // namespace

void EventStream::feed(std::string_view bytes, const std::function<void(ServerEvent)> &event) {
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = end_of_line(bytes);
    if (pending_.size() + end + data_.size() > max_bytes_) {
      throw Error(Status::protocol,
                  "an event of the answer is larger than " + std::to_string(max_bytes_) + " bytes");
    }
    if (end == bytes.size()) {
      append_growing(pending_, bytes, max_bytes_);
      return;
    }
    after_cr_ = bytes[end] == '\r';
    const std::string_view rest = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    if (pending_.empty()) {
      line(rest, event);
    } else {
      pending_.append(rest);
      line(pending_, event);
      pending_.clear();  // keeps its memory for the next picture
    }
  }
}

void EventStream::line(std::string_view text, const std::function<void(ServerEvent)> &event) {
  if (std::exchange(at_start_, false) && text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  if (text.empty()) {
    ServerEvent ended{std::exchange(name_, {}), std::exchange(data_, {})};
    if (!std::exchange(has_data_, false)) return;
    if (ended.event.empty()) ended.event = "message";
    return event(std::move(ended));
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view field = text.substr(0, colon);
  std::string_view value = text.substr(std::min(colon + 1, text.size()));
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
  } else if (field == "event") {
    name_ = value;
  }
}

bool EventStream::unfinished() const {
  const bool in_line = !pending_.empty() && pending_.front() != ':';
  return in_line || has_data_ || !name_.empty();
}

}  // namespace pictor::remote
