#include "fuzz/campaign.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "fuzz/chunk.hpp"
#include "fuzz/random.hpp"
#include "fuzz/script.hpp"
#include "fuzz/shrink.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace pictor::host::fuzz {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using check::Result;
using check::Verdict;

constexpr int most_tries = 400;
constexpr std::chrono::seconds longest_shrinking{120};
constexpr int tries_to_reproduce = 3;
constexpr double times_a_usual_chunk = 20, times_the_failure = 4;
constexpr std::chrono::milliseconds shortest_limit{1000};

// What is the same about two failures that have one cause.
std::string kind_of(const Result &result) {
  if (result.verdict == Verdict::crash) return result.reason;
  if (result.verdict == Verdict::hang) return "hang";
  if (result.verdict != Verdict::fail) return is_failure(result) ? "output" : "";
  const std::string &first = result.findings.front();
  return first.substr(0, first.find(':'));
}

// Whether the failure is that something never comes, and takes as long as one waits.
bool is_about_waiting(const Result &result) {
  return result.verdict == Verdict::hang || kind_of(result) == "end";
}

// A file that is gone with its owner.
class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = (fs::temp_directory_path() / "pictor-fuzz-XXXXXX").string();
    const int descriptor = mkstemp(name.data());
    if (descriptor < 0) throw FileError("make", name, errno);
    close(descriptor);
    path_ = name;
  }
  ~TemporaryFile() {
    std::error_code gone;
    fs::remove(path_, gone);
  }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;
  const fs::path &path() const { return path_; }

 private:
  fs::path path_;
};

// The chunks, played by some threads at once, and the first that failed.
class Chunks {
 public:
  Chunks(const Campaign &campaign, const std::function<bool()> &stopped)
      : campaign_(campaign), stopped_(stopped), seeds_(campaign.seed) {}

  void play() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < campaign_.jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread &thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
  }

  std::uint64_t played() const { return played_; }
  double usual_seconds() const { return passed_ == 0 ? 0 : passed_seconds_ / double(passed_); }

  struct First {
    std::uint64_t turn, seed;
    Result result;
  };
  const std::optional<First> &first_failure() const { return first_; }

 private:
  struct Turn {
    std::uint64_t number, seed;
  };

  std::optional<Turn> next() {
    const std::lock_guard lock(mutex_);
    const bool over = begun_ >= campaign_.runs || Clock::now() - start_ > campaign_.duration;
    if (first_ || error_ || over || stopped_()) return std::nullopt;
    return Turn{begun_++, campaign_.only_this_seed ? campaign_.seed : seeds_.next()};
  }

  void work() {
    while (const auto turn = next()) {
      try {
        take(*turn, play_seed(campaign_.subject, turn->seed));
      } catch (...) {
        const std::lock_guard lock(mutex_);
        error_ = std::current_exception();
      }
    }
  }

  void take(const Turn &turn, Result result) {
    if (result.verdict == Verdict::skip) {
      throw Error(fmt::format("{} cannot be played with: {}",
                              campaign_.subject.file.filename().string(), result.reason));
    }
    const std::lock_guard lock(mutex_);
    ++played_;
    if (!is_failure(result)) ++passed_, passed_seconds_ += result.seconds;
    const bool earlier = !first_ || turn.number < first_->turn;
    if (is_failure(result) && earlier) first_ = First{turn.number, turn.seed, std::move(result)};
  }

  const Campaign &campaign_;
  const std::function<bool()> &stopped_;
  const Clock::time_point start_ = Clock::now();
  std::mutex mutex_;
  Random seeds_;
  std::uint64_t begun_ = 0, played_ = 0, passed_ = 0;
  double passed_seconds_ = 0;
  std::optional<First> first_;
  std::exception_ptr error_;
};

// Plays scripts that may fail as a chunk did.
class Reproduction {
 public:
  // `usual`: how long a chunk of the plugin takes; what takes much longer hangs.
  Reproduction(const check::Subject &subject, const Result &failure, double usual)
      : subject_(subject), kind_(kind_of(failure)) {
    double seconds = usual * times_a_usual_chunk;
    if (!is_about_waiting(failure)) {
      seconds = std::max(seconds, failure.seconds * times_the_failure);
    }
    const auto limit = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    subject_.limit = std::min(subject.limit, std::max(limit, shortest_limit));
  }

  bool fails(const Script &script) {
    if (++tries_ > most_tries || Clock::now() - start_ > longest_shrinking) throw Enough{};
    write_file(file_.path(), script_text(script));
    return kind_of(play_script(subject_, file_.path())) == kind_;
  }

  // The result of a script that fails as the chunk did, at one of several tries.
  std::optional<Result> result_of(const fs::path &script, const check::Subject &subject) const {
    for (int i = 0; i < tries_to_reproduce; ++i) {
      Result result = play_script(subject, script);
      if (kind_of(result) == kind_) return result;
    }
    return std::nullopt;
  }

 private:
  check::Subject subject_;
  const std::string kind_;
  const TemporaryFile file_;
  const Clock::time_point start_ = Clock::now();
  int tries_ = 0;
};

fs::path script_path(const Campaign &campaign, std::uint64_t seed) {
  std::string name = campaign.subject.file.filename().string();
  name.resize(std::min(name.size(), name.find('.')));
  return campaign.folder / fmt::format("fuzz-{}-{}.json", name, seed_text(seed));
}

Failed shrunk(const Campaign &campaign, const Chunks::First &first, double usual) {
  Failed failed{first.result, first.seed, script_path(campaign, first.seed)};
  const Result written = write_script(campaign.subject, first.seed, failed.script);
  if (written.verdict != Verdict::pass) return failed;  // it crashes when it is loaded
  const Script drawn = read_script(failed.script);
  failed.drawn_steps = failed.steps = drawn.steps.size();
  Reproduction reproduction(campaign.subject, first.result, usual);
  auto again = reproduction.result_of(failed.script, campaign.subject);
  if (!again) return failed;
  failed.reproduced = true;
  failed.result = std::move(*again);
  const Script small =
      shrink(drawn, [&](const Script &script) { return reproduction.fails(script); });
  write_file(failed.script, script_text(small));
  auto result = reproduction.result_of(failed.script, campaign.subject);
  if (!result) {  // it fails now and then only: the whole script does so more often
    write_file(failed.script, script_text(drawn));
    return failed;
  }
  failed.result = std::move(*result);
  failed.steps = small.steps.size();
  return failed;
}

}  // namespace

bool is_failure(const Result &result) {
  return check::is_breach(result.verdict) ||
         (result.verdict != Verdict::skip && !result.said.empty());
}

CampaignReport run(const Campaign &campaign, const std::function<bool()> &stopped,
                   const std::function<void(const Result &, std::uint64_t)> &failing) {
  const auto start = Clock::now();
  Chunks chunks(campaign, stopped);
  chunks.play();
  CampaignReport report;
  report.chunks = chunks.played();
  if (const auto &first = chunks.first_failure()) {
    failing(first->result, first->seed);
    report.failed = shrunk(campaign, *first, chunks.usual_seconds());
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return report;
}

}  // namespace pictor::host::fuzz
