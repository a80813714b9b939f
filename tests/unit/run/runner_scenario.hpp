#pragma once

#include "base/error.hpp"
#include "fake_painter.hpp"
#include "run/runner.hpp"
#include "support/temp_dir.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace pictor::test {

// A disk in memory that tells what happens to it.
class FakeStore final : public host::PictureStore {
 public:
  std::optional<std::int64_t> cost_micros;  // of every request
  std::string full_at;                      // the prompt whose picture the disk refuses
  std::function<void(const host::DrawnPicture &)> on_store = [](const auto &) {};
  std::function<void(std::span<const host::SampleEnd>)> on_flush = [](const auto &) {};

  host::SampleEnd store(const host::DrawnPicture &drawn) override {
    on_store(drawn);
    if (drawn.request->row.prompt == full_at) {
      throw host::Error("cannot write out/train/000001_0.png: No space left on device");
    }
    host::SampleEnd end = bare(*drawn.request, drawn.index);
    end.outcome = host::Outcome::ok;
    end.file_name = drawn.request->row.prompt + ".png";
    return end;
  }
  host::SampleEnd failed(const host::Request &request, std::uint32_t index,
                         const host::Failure &failure) override {
    host::SampleEnd end = bare(request, index);
    end.outcome = failure.outcome;
    end.failure = failure;
    return end;
  }
  void flush(std::span<const host::SampleEnd> ends) override { on_flush(ends); }

 private:
  host::SampleEnd bare(const host::Request &request, std::uint32_t index) const {
    host::SampleEnd end;
    end.key = request.key(index);
    end.prompt = request.row.prompt;
    end.cost_micros = cost_micros;
    return end;
  }
};

// Stands still while work is out, and jumps to what is waited for while none is.
class FakeClock final : public host::RunClock {
 public:
  Time now() const override { return Time{} + std::chrono::nanoseconds(since_start_.load()); }
  Time sleep_until(Time until, bool idle) override {
    const Time real = std::chrono::steady_clock::now();
    if (!idle) return real + std::chrono::milliseconds(200);
    advance(until - now());
    return real;
  }
  // [any thread]
  void advance(std::chrono::nanoseconds by) {
    since_start_ += std::max<std::int64_t>(by.count(), 0);
  }

 private:
  std::atomic<std::int64_t> since_start_ = 0;
};

// A run with fake models and a fake disk, but the real plan, ledger and threads.
class RunnerScenario {
 public:
  // "fox, dog x2": prompts and how many pictures of each. One model, "painter", is there.
  explicit RunnerScenario(const std::string &rows) {
    std::istringstream parts(rows);
    for (std::string part; std::getline(parts, part, ',');) {
      std::istringstream words(part);
      std::string prompt, times;
      words >> prompt >> times;
      prompts_.push_back(prompt);
      counts_.push_back(times.empty() ? 1
                                      : static_cast<std::uint32_t>(std::stoul(times.substr(1))));
    }
    add_model("painter");
  }

  void add_model(const std::string &name) {
    add_stand_in(name);
    models.back().stands_in = false;
    models.back().number = ledger.model_number(name);
  }
  // One that only draws what others could not. After those that rows ask for.
  void add_stand_in(const std::string &name) {
    studios_.push_back(std::make_unique<Studio>());
    studios_.back()->now = [this] { return clock->now() - host::Time{}; };
    host::RunModel &model = models.emplace_back();
    model.name = name;
    model.stands_in = true;
    model.open = [&studio = *studios_.back()] { return std::make_unique<FakePainter>(studio); };
  }
  Studio &studio(std::size_t model = 0) { return *studios_[model]; }
  const std::vector<std::unique_ptr<Studio>> &studios() const { return studios_; }

  host::Summary run() {
    const auto wanted = static_cast<std::uint32_t>(host::wanted_models(models).size());
    host::Plan plan(wanted, static_cast<std::uint32_t>(models.size()) - wanted);
    for (const std::uint32_t count : counts_) plan.add_row(count, std::nullopt);
    ledger.for_each_outcome([&](const host::SampleKey &key, host::Outcome outcome) {
      plan.recorded({key.row, key.model, key.generation}, outcome);
    });
    host::Runner::Parts parts{
        plan,      ledger, store,
        *status,   models, [this](const host::Work &work) { return request(work); },
        interrupt, clock,  [] { return 0.0; }};
    if (billing) parts.billing = billing();
    return host::Runner(std::move(parts)).run();
  }

  // "fox.0 ok, dog.0 refused": what the ledger has; with several models "fox.0@painter ok".
  std::string ends() const {
    std::string text;
    const std::vector<std::string> names = ledger.models();
    ledger.for_each_outcome([&](const host::SampleKey &key, host::Outcome outcome) {
      if (!text.empty()) text += ", ";
      text += prompts_[key.row] + "." + std::to_string(key.generation);
      if (models.size() > 1) text += "@" + names[key.model];
      text += " " + std::string(name_of(outcome));
    });
    return text;
  }

  std::string run_and_print() {
    run();
    return ends();
  }

  const TempDir dir;
  host::Ledger ledger = host::Ledger::open(dir.path());
  FakeStore store;
  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::vector<host::RunModel> models;
  std::function<host::InterruptLevel()> interrupt = [] { return host::InterruptLevel::none; };
  std::function<std::shared_ptr<host::Billing>()> billing;  // of one run; empty: none
  host::Status silent;
  host::Status *status = &silent;

 private:
  host::Request request(const host::Work &work) {
    host::Request request;
    request.work = work;
    request.number = work.row;
    request.model = &models[work.lane];
    if (work.lane != work.model) request.fallback_for = &models[work.model];
    request.row.prompt = prompts_[work.row];
    request.asked.prompt = prompts_[work.row];
    for (const std::uint32_t generation : work.generations) {
      request.asked.seeds.push_back(generation);
    }
    return request;
  }

  std::vector<std::string> prompts_;
  std::vector<std::uint32_t> counts_;
  std::vector<std::unique_ptr<Studio>> studios_;
};

}  // namespace pictor::test
