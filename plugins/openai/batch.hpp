#pragma once

#include "batch_line.hpp"
#include "parameters.hpp"
#include "remote/http_client.hpp"
#include <pictor/model.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pictor::openai {

// A request on the batch lane. Exactly one of `answered` and `failed` is called, once, on any
// thread; it may block.
struct BatchEntry {
  remote::HttpRequest request;   // a POST of JSON
  const Request *row = nullptr;  // whose ticket is kept; lives until its end
  std::function<bool()> cancelled;
  std::function<void(const remote::HttpAnswer &)> answered;
  std::function<void(const Error &)> failed;
  std::uint32_t resent = 0;  // how often the provider did not get to it
};

// What batches work with; outlives them.
struct BatchServices {
  remote::HttpClient &client;
  // For output files alone: their lines are handed over on its event loop, which therefore waits
  // for the host as long as it likes, and the file stays with the provider meanwhile.
  remote::HttpClient &downloads;
  std::shared_ptr<const Settings> settings;
  std::function<void(BatchEntry)> resend;
};

// One batch's life: its file is uploaded, every request's ticket is kept, the batch is created and
// watched, and its answers are handed over. Steps that cost nothing are repeated; a batch whose
// creation was not answered is looked for before another is made.
class Batch : public std::enable_shared_from_this<Batch> {
 public:
  // `entries`: none for a batch of an earlier life.
  Batch(BatchServices &services, std::string path, std::vector<BatchEntry> entries);

  // Uploads the entries and goes on from there.
  void begin();
  // Goes on with a batch of an earlier life: looks for it a while after the last join().
  void join(const BatchTicket &ticket, BatchEntry entry);
  // Ends the requests that the host gave up; what the provider draws for them can be collected in
  // another life.
  void drop_cancelled();
  // Ends all requests.
  void give_up(const Error &error);
  // Whether a request still waits.
  bool left();

 private:
  using Clock = std::chrono::steady_clock;
  using Then = std::function<void(const remote::HttpAnswer &)>;
  using Otherwise = std::function<void(const Error &)>;
  struct Waiting {
    BatchEntry entry;
    std::uint64_t pass = 0;  // the first collection that may tell of it
  };

  remote::HttpRequest request_to(const std::string &method, const std::string &route) const;
  void repeat(remote::HttpRequest request, int attempts, std::chrono::milliseconds pause, Then then,
              Otherwise otherwise);
  Error error_of(const remote::HttpResult &result) const;
  void uploaded(const remote::HttpAnswer &answer);
  bool keep_tickets();
  void create();
  void created(remote::HttpResult result);
  void look_up(const std::string &after);
  void looked(const remote::HttpAnswer &answer);
  void not_found();
  void settle();
  void watch(const BatchState &state);
  void ask_state();
  void wait_for_better(const Error &error, std::function<void()> again);
  void collect();
  void fetch(std::vector<std::string> files);
  void line(std::string_view text);
  void without_answer();
  void resend(BatchEntry entry);

  BatchServices &services_;
  const Settings &settings_;
  const std::string path_;  // "/v1/images/generations"

  std::mutex mutex_;  // guards what follows
  std::unordered_map<std::string, Waiting> entries_;
  std::uint64_t pass_ = 0;
  BatchTicket ticket_;  // file and time of all
  BatchState state_;
  // From the file's making until every ticket is kept: what stands in the file may be drawn, so
  // that no request leaves without its ticket.
  bool boarding_ = false;
  bool found_ = false;  // by an earlier life's ticket: never created again
  bool collecting_ = false;
  Clock::time_point last_join_{};
  bool settling_ = false;
  int creations_ = 0, looks_ = 0;
  std::string told_;  // the last word to the log
};

}  // namespace pictor::openai
