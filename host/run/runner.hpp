#pragma once

#include "base/interrupt.hpp"
#include "ledger/ledger.hpp"
#include "plan/plan.hpp"
#include "run/admission.hpp"
#include "run/billing.hpp"
#include "run/channels.hpp"
#include "run/clock.hpp"
#include "run/encoders.hpp"
#include "run/lane.hpp"
#include "run/picture_store.hpp"
#include "run/retries.hpp"
#include "run/status.hpp"
#include "run/summary.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace pictor::host {

// Works a plan off. Owns all threads of a run; the thread that calls run() is the only one that
// touches plan, ledger and status.
//
//   plan -> lane (a model's threads) -> encoders -> inbox -> ledger -> plan
//
// The order of effects: a picture's file is on disk, then its folder's entry, then its end in the
// ledger, then the plan moves on. Ends that come while the disk is busy are recorded together. An
// end that is tried again is none: its sample goes back to the plan, as if it had not been sent.
class Runner {
 public:
  struct Parts {
    Plan &plan;
    Ledger &ledger;
    PictureStore &store;
    Status &status;
    std::span<const RunModel> models;  // by their position in the plan
    // The request of that work, without what only its model knows.
    std::function<Request(const Work &)> make_request;
    std::function<InterruptLevel()> interrupt;  // asked a few times a second
    std::shared_ptr<RunClock> clock = std::make_shared<SteadyRunClock>();
    Random random = seeded_random(std::random_device()());
    // This one knows no prices and no limit.
    std::shared_ptr<Billing> billing =
        std::make_shared<Billing>(std::make_shared<const PriceTables>(), std::nullopt, 0);
  };

  explicit Runner(Parts parts);
  ~Runner();
  Runner(const Runner &) = delete;
  Runner &operator=(const Runner &) = delete;

  // Opens and loads the models that have work and draws until nothing is left, a drain has ended or
  // the disk refuses. Throws Error for the latter, with all that was recorded kept. Once.
  Summary run();

 private:
  struct RunningModel {
    LaneShape shape;
    ModelInfo info;
    std::string model_name;
    std::unique_ptr<Painter> painter;  // until the lane has it; null: not needed
    std::unique_ptr<Lane> lane;        // null: no work for it yet
    bool loaded = false;
    bool ended = false;         // not loaded, or stopped
    bool waiting = false;       // as was last told
    bool lacks_money = false;   // until something that is out has ended
    std::uint32_t batches = 0;  // in the lane
  };
  // A request between `give` and the recorded end of its last picture.
  struct OpenRequest {
    std::uint32_t pictures_left = 0;
    bool ended = false;
    bool drawn_again = false;  // one of its pictures is
    bool has_checkpoint = false;
    Ticket ticket = {};
  };
  // How a sample ended, on its way to the ledger.
  struct Settled {
    RequestPtr request;
    SampleEnd end;
    Sample sample;
    std::int64_t counted_micros = 0;  // of its cost, what the ledger was told of before
  };
  using Batch = std::vector<RequestPtr>;

  // The loop.

  void open_models();
  bool is_needed(std::uint32_t model) const;
  std::uint32_t calls_wanted(std::uint32_t model, const ModelInfo &info);
  void start_lane(std::uint32_t model);
  bool taking_work() const { return level_ == InterruptLevel::none && !broken_; }
  bool done() const;
  bool is_idle() const;
  Time next_wake() const;
  void watch_interrupt();
  void cancel(bool all);
  void take_no_more_work();
  void stop_model(std::uint32_t model, const Failure &failure);
  void stop_pool(std::uint32_t model, const Failure &failure);
  void show_waiting();
  void show_progress();
  Summary summary() const;
  void shut_down();

  // Into the lanes and out of them.
  bool has_room(const RunningModel &model) const;
  bool may_leave(std::uint32_t model) const;
  void give_work();
  Batch next_batch(std::uint32_t model);
  RequestPtr make_request(const Work &work);
  RequestPtr affordable_request(const Work &work);
  void put_back(const Work &work, std::size_t from);
  void stop_for_budget(std::uint32_t model);
  void money_came_free();
  void end_late(Work &work);
  void record_started(std::span<const Batch> batches);
  void take_back(RunningModel &model);

  void store_checkpoints();
  std::vector<RequestKey> take_closing();

  // What the other threads tell.
  void handle(ModelLoading &message);
  void handle(ModelLoaded &message);
  void handle(ModelNotLoaded &message);
  void handle(ModelDrawing &message);
  void handle(RequestEnded &message);
  void handle(PictureStored &message);
  void handle(PictureLost &message);
  void handle(CheckpointGiven &message);
  void handle(ThreadBroken &message);

  // How samples end, or are tried again.
  void fail_rest(const RequestEnded &message);
  void settle(const RequestPtr &request, std::uint32_t index, SampleEnd end, double random);
  bool stays_with_provider(const RequestPtr &request, Outcome outcome);
  void ask_again(const RequestPtr &request, std::uint32_t index, const SampleEnd &end,
                 const Retries::Next &next);
  void end_sample(const RequestPtr &request, std::uint32_t index, SampleEnd end);
  void record_retried();
  void record();
  void record_ends();
  void close_if_done(const RequestPtr &request);

  Parts parts_;
  std::shared_ptr<Channels> channels_;
  std::unique_ptr<Encoders> encoders_;
  std::vector<RunningModel> models_;
  std::optional<Admission> admission_;  // once the models are open
  Retries retries_;
  std::unordered_map<RequestPtr, OpenRequest> open_;
  std::vector<Settled> settled_;
  std::vector<CheckpointGiven> given_;  // not on disk yet
  std::vector<RequestKey> closed_;      // ended: their checkpoints are no longer needed
  std::vector<SampleKey> retried_;      // billed ones that are to be sent again
  bool budget_reached_ = false;
  std::uint64_t parked_ = 0;         // pictures that the run left with their provider
  std::int64_t retried_micros_ = 0;  // what attempts cost that are tried again
  InterruptLevel level_ = InterruptLevel::none;
  std::chrono::steady_clock::time_point next_cancel_{};
  std::exception_ptr broken_;  // why the run cannot go on
  std::vector<StoppedModel> stopped_;
  RunTally tally_;
  RunProgress progress_;
  Time begun_, drawing_since_;
};

}  // namespace pictor::host
