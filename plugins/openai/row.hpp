#pragma once

#include "batch_lane.hpp"
#include "image_answer.hpp"
#include "image_stream.hpp"
#include "parameters.hpp"
#include "remote/http_client.hpp"
#include "remote/row_losses.hpp"
#include "request_body.hpp"
#include <pictor/model.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pictor::openai {

// A row on its way: asks for its pictures, by one request or by several after each other, hands
// over what comes, and ends the row. One request at a time, so that the host's limits hold. Lives
// as long as a transfer or download refers to it.
class Row : public std::enable_shared_from_this<Row> {
 public:
  // The client and the lane outlive the row. `batch`: null for the realtime lane.
  Row(Request request, Ask ask, std::shared_ptr<const Settings> settings,
      remote::HttpClient &client, BatchLane *batch);

  // Sends the next slice, or ends the row when all were asked for.
  void go_on() noexcept;

 private:
  using Clock = std::chrono::steady_clock;

  // What becomes of the slice that is asked for now.
  struct Current {
    Slice slice;
    std::unique_ptr<StreamedAnswer> stream;  // null: it is no stream
    remote::HttpAnswer head;                 // of the stream
    std::uint32_t taken = 0;                 // pictures that came, good or bad
    std::uint32_t partials = 0;
    bool closed = false;  // the transfer ended: no event is read any more
  };

  void send(const Slice &slice);
  void send_in_batch(remote::HttpRequest http);
  remote::Watch watch();
  std::chrono::milliseconds time_left() const;
  void answered(remote::HttpResult result);
  void read_answer(const remote::HttpAnswer &answer);
  void read_events();
  void read_event(const StreamEvent &event);
  void show(std::uint32_t index, const Image &preview);
  void stream_ended(remote::HttpResult result);

  void take(AnsweredPicture picture, const AnswerNotes &notes, std::uint32_t answered);
  void deliver(Image image, std::uint32_t index, const AnsweredPicture &entry,
               const AnswerNotes &notes, std::uint32_t answered);
  void fetch(const std::string &url, std::uint32_t index, AnsweredPicture entry,
             const AnswerNotes &notes, std::uint32_t answered);
  void lost(const Error &error);
  void missing(const remote::HttpAnswer &answer);
  void part_done();
  void end();

  template <typename Step>
  void guarded(Step step) noexcept;

  Request request_;
  std::shared_ptr<const Settings> settings_;
  remote::HttpClient &client_;
  BatchLane *batch_;
  Ask ask_;
  std::vector<Slice> slices_;
  std::size_t next_ = 0;
  Clock::time_point begun_ = Clock::now();

  Current current_;
  std::mutex events_mutex_;  // one thread at a time reads events

  std::mutex mutex_;        // guards what follows
  std::uint32_t open_ = 0;  // the transfer, and downloads of the current slice
  remote::RowLosses losses_;
};

}  // namespace pictor::openai
