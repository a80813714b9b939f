// Leaves its requests with a provider that is a folder: `asked` gets a line for each that is left
// there, `taken` one for each that it has in its hands, and they are finished once the file `ready`
// is there. A request that comes with a checkpoint is not left again.
#include <pictor/model.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using P = pictor::RuntimeParameter;
using pictor::Request;

struct Parking : pictor::AsyncImageGenerationModel {
  static pictor::ModelInfo info() {
    return {.id = "parking",
            .label = "Parking",
            .doc = "Leaves its requests in a folder.",
            .max_concurrency = 0,
            .billed = true};
  }
  static std::vector<P> runtime_parameters() {
    return {P::path("folder").load().required().doc("The provider."),
            P::boolean("parks").load().default_value(true).doc("Whether it tells that it parks."),
            P::boolean("free").load().default_value(false).doc("Whether it bills nothing."),
            P::integer("wanted").load().default_value(0).doc("Requests worth having in flight.")};
  }

  explicit Parking(const pictor::Params &config)
      : folder_(config.get<std::string>("folder")),
        parks_(config.get<bool>("parks")),
        free_(config.get<bool>("free")),
        wanted_(config.get<std::uint32_t>("wanted")) {}

  pictor::ModelInfo capacity(pictor::ModelInfo info) const override {
    info.parks = parks_;
    info.billed = !free_;
    info.ignores_seed = free_;
    info.wanted_concurrency = wanted_;
    return info;
  }
  std::string model_name() const override { return "parking-1"; }

  void load(pictor::Loading &) override {
    thread_ = std::thread([this] { work(); });
  }
  void unload() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    news_.notify_one();
    thread_.join();
  }
  void agenerate(Request &&request) override {
    const std::lock_guard lock(mutex_);
    fresh_.push_back(std::move(request));
    news_.notify_one();
  }
  void cancel() override { news_.notify_one(); }

 private:
  void work() {
    std::vector<Request> left;
    for (;;) {
      std::vector<Request> fresh;
      {
        std::unique_lock lock(mutex_);
        if (ending_) return;
        news_.wait_for(lock, std::chrono::milliseconds(20));
        fresh.swap(fresh_);
      }
      leave(fresh);
      for (Request &request : fresh) left.push_back(std::move(request));
      std::vector<Request> open;
      const bool ready = std::filesystem::exists(folder_ / "ready");
      for (Request &request : left) {
        if (!finish(request, ready)) open.push_back(std::move(request));
      }
      left = std::move(open);
    }
  }

  void leave(const std::vector<Request> &fresh) {
    if (fresh.empty()) return;
    std::ofstream asked(folder_ / "asked", std::ios::app);
    std::vector<std::string> tickets;
    std::vector<Request::Checkpoint> checkpoints;
    tickets.reserve(fresh.size());
    for (const Request &request : fresh) {
      if (!request.checkpoint().empty()) continue;
      asked << request.prompt() << '\n';
      tickets.push_back("ticket of " + std::string(request.prompt()));
      checkpoints.push_back({&request, tickets.back()});
    }
    asked.flush();
    Request::save_checkpoints(checkpoints);
    std::ofstream taken(folder_ / "taken", std::ios::app);
    for (const Request &request : fresh) taken << request.prompt() << '\n';
  }

  static bool finish(Request &request, bool ready) {
    if (request.cancelled()) {
      request.fail(pictor::Error(pictor::Status::cancelled, "left with the provider"));
    } else if (ready) {
      request.image(0, pictor::Image::raw(1, 1, 1, std::vector<std::uint8_t>{128}));
      request.done();
    }
    return request.ended();
  }

  const std::filesystem::path folder_;
  const bool parks_, free_;
  const std::uint32_t wanted_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<Request> fresh_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace

PICTOR_PLUGIN("parking", "1.0.0", "Leaves its requests in a folder", Parking);
