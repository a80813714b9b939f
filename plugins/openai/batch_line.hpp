#pragma once

#include "remote/http.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pictor::openai {

bool is_success(const remote::HttpAnswer &answer);
// Whether asking again may help where asking costs nothing.
bool is_weather(int http_status);

// The texts of OpenAI's Batch API: https://platform.openai.com/docs/api-reference/batch.

// One line of an input file: a POST of `body`, a JSON object, to `path` under its own id.
std::string batch_line(const std::string &custom_id, const std::string &path,
                       const std::string &body);

// One line of an output or error file.
struct BatchLineAnswer {
  std::string custom_id;
  remote::HttpAnswer answer;  // status 0: the request was never run
  std::string code, message;  // why it was not
};
// Nothing for what is no such line.
std::optional<BatchLineAnswer> read_batch_line(std::string_view line);

// A batch as the server tells it.
struct BatchState {
  std::string id, input_file, status, output_file, error_file;
  std::string code, message;  // why it failed
  std::int64_t created_at = 0;
  std::int64_t total = 0, completed = 0, failed = 0;

  // Whether nothing more will come of it.
  bool ended() const;
};
// Nothing for what is no batch.
std::optional<BatchState> read_batch(const nlohmann::json &body);

// What the ledger keeps of a request that went into a batch: enough to find its answer in another
// life. It names the input file, which is known before anything can be billed; the batch made of it
// is found by listing.
struct BatchTicket {
  std::string file, custom_id;
  std::int64_t uploaded_at = 0;  // seconds since 1970
};
std::string text_of(const BatchTicket &ticket);
// Nothing for a text that is no ticket.
std::optional<BatchTicket> ticket_of(std::string_view text);

// Cuts bytes that come in any portions into lines; a line of more than `max_bytes` is left out.
class LineCutter {
 public:
  explicit LineCutter(std::size_t max_bytes) : max_bytes_(max_bytes) {}
  void feed(std::string_view bytes, const std::function<void(std::string_view)> &line);
  // The last line, where no line break ended it.
  void end(const std::function<void(std::string_view)> &line);

 private:
  void keep(std::string_view bytes);

  std::size_t max_bytes_;
  std::string pending_;
  bool too_long_ = false;
};

}  // namespace pictor::openai
