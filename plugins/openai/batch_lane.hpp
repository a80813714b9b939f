#pragma once

#include "batch.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pictor::openai {

// The same requests through /files and /batches: at half the price, within 24 hours. Requests are
// gathered until none has come for a while or a file is full; each file becomes a batch.
class BatchLane {
 public:
  // The client outlives the lane.
  BatchLane(remote::HttpClient &client, std::shared_ptr<const Settings> settings);
  ~BatchLane();

  // `checkpoint`: what save_checkpoint kept of this request in an earlier life; empty: nothing.
  void send(BatchEntry entry, std::string_view checkpoint);
  // Looks for requests that the host gave up. Never blocks.
  void check_cancelled();
  // Ends every request as cancelled; after client.close().
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  // The requests to one path of the API that wait for company.
  struct Gathering {
    std::vector<BatchEntry> entries;
    std::uint64_t bytes = 0;
    Clock::time_point last{};
    bool timed = false;  // a timer looks after it
  };

  void gather(BatchEntry entry);
  void leave_when_quiet(const std::string &path);
  void leave(const std::string &path);
  void drop_cancelled();
  void resend(BatchEntry entry);
  void send_directly();

  remote::HttpClient &client_;
  std::shared_ptr<const Settings> settings_;
  std::unique_ptr<remote::HttpClient> downloads_;
  BatchServices services_;

  std::mutex mutex_;  // guards what follows
  std::map<std::string, Gathering> gathering_;
  std::vector<std::shared_ptr<Batch>> batches_;
  std::map<std::string, std::shared_ptr<Batch>> earlier_;  // by their input file
  std::deque<BatchEntry> direct_;                          // wait for their turn
  std::uint32_t directly_sent_ = 0;
};

}  // namespace pictor::openai
