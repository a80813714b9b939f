#include "batch_line.hpp"

#include "remote/json_body.hpp"

namespace pictor::openai {

namespace {

using Json = nlohmann::json;

std::string dumped(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_in(const Json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t number_in(const Json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

const Json *object_in(const Json &object, const char *name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_object() ? &*found : nullptr;
}

// The first of {"data": [{"code": ..., "message": ...}]}.
void read_errors(const Json &errors, BatchState &state) {
  const auto data = errors.find("data");
  if (data == errors.end() || !data->is_array() || data->empty()) return;
  const Json &first = data->front();
  if (!first.is_object()) return;
  state.code = text_in(first, "code");
  state.message = text_in(first, "message");
}

}  // namespace

bool is_success(const remote::HttpAnswer &answer) {
  return answer.status >= 200 && answer.status <= 299;
}

bool is_weather(int http_status) {
  return http_status == 408 || http_status == 409 || http_status == 425 || http_status == 429 ||
         http_status >= 500;
}

std::string batch_line(const std::string &custom_id, const std::string &path,
                       const std::string &body) {
  // The body is JSON already: pictures in it are not parsed again.
  std::string line = "{\"custom_id\":" + dumped(custom_id) + ",\"method\":\"POST\",\"url\":";
  return line + dumped(path) + ",\"body\":" + body + "}";
}

std::optional<BatchLineAnswer> read_batch_line(std::string_view line) {
  const Json entry = remote::parse_json(line);
  if (!entry.is_object()) return std::nullopt;
  BatchLineAnswer read;
  read.custom_id = text_in(entry, "custom_id");
  if (read.custom_id.empty()) return std::nullopt;
  if (const Json *response = object_in(entry, "response")) {
    read.answer.status = static_cast<int>(number_in(*response, "status_code"));
    const std::string id = text_in(*response, "request_id");
    if (!id.empty()) read.answer.headers.set("x-request-id", id);
    read.answer.headers.set("Content-Type", "application/json");
    const auto body = response->find("body");
    if (body != response->end()) {
      read.answer.body = body->is_string() ? body->get<std::string>() : dumped(*body);
    }
  }
  if (const Json *error = object_in(entry, "error")) {
    read.code = text_in(*error, "code");
    read.message = text_in(*error, "message");
  }
  return read;
}

bool BatchState::ended() const {
  return status == "completed" || status == "failed" || status == "expired" ||
         status == "cancelled";
}

std::optional<BatchState> read_batch(const Json &body) {
  if (!body.is_object() || text_in(body, "id").empty() || text_in(body, "status").empty()) {
    return std::nullopt;
  }
  BatchState state;
  state.id = text_in(body, "id");
  state.status = text_in(body, "status");
  state.input_file = text_in(body, "input_file_id");
  state.output_file = text_in(body, "output_file_id");
  state.error_file = text_in(body, "error_file_id");
  state.created_at = number_in(body, "created_at");
  if (const Json *counts = object_in(body, "request_counts")) {
    state.total = number_in(*counts, "total");
    state.completed = number_in(*counts, "completed");
    state.failed = number_in(*counts, "failed");
  }
  if (const Json *errors = object_in(body, "errors")) read_errors(*errors, state);
  return state;
}

std::string text_of(const BatchTicket &ticket) {
  return dumped({{"batch_file", ticket.file},
                 {"custom_id", ticket.custom_id},
                 {"uploaded_at", ticket.uploaded_at}});
}

std::optional<BatchTicket> ticket_of(std::string_view text) {
  const Json read = Json::parse(text, nullptr, false);
  if (!read.is_object()) return std::nullopt;
  BatchTicket ticket{text_in(read, "batch_file"), text_in(read, "custom_id"),
                     number_in(read, "uploaded_at")};
  if (ticket.file.empty() || ticket.custom_id.empty()) return std::nullopt;
  return ticket;
}

void LineCutter::feed(std::string_view bytes, const std::function<void(std::string_view)> &line) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return keep(bytes);
    keep(bytes.substr(0, end));
    bytes.remove_prefix(end + 1);
    this->end(line);
  }
}

void LineCutter::end(const std::function<void(std::string_view)> &line) {
  if (!too_long_ && pending_.find_first_not_of(" \t\r") != std::string::npos) line(pending_);
  pending_.clear();
  too_long_ = false;
}

void LineCutter::keep(std::string_view bytes) {
  too_long_ = too_long_ || pending_.size() + bytes.size() > max_bytes_;
  if (too_long_) {
    pending_.clear();
  } else {
    pending_ += bytes;
  }
}

}  // namespace pictor::openai
