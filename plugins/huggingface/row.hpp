#pragma once

#include "ask.hpp"
#include "parameters.hpp"
#include "place.hpp"
#include "remote/http_client.hpp"
#include "remote/row_losses.hpp"
#include "tickets.hpp"
#include <pictor/model.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace pictor::huggingface {

// What a loaded model's rows share.
struct Session {
  Settings settings;
  std::optional<Key> key;
  Place place;
};

// A row on its way: asks for its pictures one after the other, so that the host's limits hold,
// looks at the provider's queue where it has one, hands over what comes, and ends the row. A
// picture that fails by itself stops no other. Lives as long as a transfer, timer or download
// refers to it; one step at a time.
class Row : public std::enable_shared_from_this<Row> {
 public:
  // The client outlives the row.
  Row(Request request, Ask ask, std::shared_ptr<const Session> session, remote::HttpClient &client);

  // Begins the next picture, or ends the row when there is none.
  void go_on() noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  using Milliseconds = std::chrono::milliseconds;

  // The picture that is worked on now.
  struct Current {
    std::uint32_t index = 0;
    std::uint64_t seed = 0;
    std::string path;                // where it is looked at; empty: it was just asked for
    bool result = false;             // `path` is the result, not the queue
    std::unique_ptr<Place> earlier;  // whom an earlier life asked, when that is another
    bool begun = false;              // the provider has begun to draw
    int bad_looks = 0;               // in a row
    Clock::time_point deadline;
    Clock::time_point queued_at;
    Reply reply;  // what came with the picture
  };

  bool begin(std::uint32_t index);
  void send();
  void look_later(Milliseconds pause);
  void look();
  void answered(remote::HttpResult result);
  void looked(remote::HttpResult result);
  void read(const remote::HttpAnswer &answer);
  void take(Reply reply, const remote::HttpAnswer &answer);
  void queued(const Reply &reply, const remote::HttpAnswer &answer);
  void bad_look(const Error &error, std::optional<Milliseconds> asked);
  void give_up_waiting();
  void forget_ticket();
  void keep(bool must);

  void take_bytes(const remote::HttpAnswer &answer);
  void take_text(const remote::HttpAnswer &answer);
  void fetch(const std::string &url, const remote::HttpAnswer &answer);
  void blacked_out(const remote::HttpAnswer &answer);
  void deliver(Image image, const remote::HttpAnswer &answer);
  const Place &place() const;
  Milliseconds pace() const;
  Milliseconds time_left() const;
  std::function<bool()> cancelled();

  void lost(const Error &error);
  void over(const Error &error);  // of this picture; the next one follows
  void over_thrown() noexcept;    // in a catch block
  // What goes wrong in one of the client's callbacks ends the picture, never the process.
  template <typename Step>
  void guarded(Step step) noexcept {
    try {
      step();
    } catch (...) {
      over_thrown();
    }
  }

  Request request_;
  std::shared_ptr<const Session> session_;
  remote::HttpClient &client_;
  const Ask ask_;
  Tickets tickets_;
  std::string kept_;  // of the tickets, with the host
  std::uint32_t next_ = 0;
  const Clock::time_point begun_ = Clock::now();
  Current current_;
  remote::RowLosses losses_;
};

}  // namespace pictor::huggingface
