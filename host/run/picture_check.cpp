#include "run/picture_check.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "output/decode.hpp"
#include "output/imagefolder.hpp"
#include "run/bounded_queue.hpp"
#include "run/stored_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>

namespace pictor::host {

namespace {

constexpr unsigned most_check_threads = 32;
constexpr std::size_t waiting_per_thread = 16;

std::uint64_t count_ok(const Ledger &ledger) {
  std::uint64_t pictures = 0;
  ledger.for_each_outcome([&](const SampleKey &, Outcome outcome) {
    if (outcome == Outcome::ok) ++pictures;
  });
  return pictures;
}

struct Problem {
  FindingKind kind;
  std::string message;
};

std::optional<Problem> problem_of_size(std::uint64_t size, const SampleEnd &end) {
  if (size == end.file_size) return std::nullopt;
  return Problem{FindingKind::size,
                 fmt::format("has {} bytes, the ledger says {}: {}", size, end.file_size,
                             size < end.file_size ? "cut" : "changed")};
}

std::optional<Problem> problem_of_bytes(std::string_view bytes, const SampleEnd &end) {
  const auto decoded = check_image(bytes);
  if (const auto *failure = std::get_if<Failure>(&decoded)) {
    return Problem{FindingKind::broken, failure->message};
  }
  if (auto problem = problem_of_size(bytes.size(), end)) return problem;
  if (sha256_hex(bytes.data(), bytes.size()) == end.sha256) return std::nullopt;
  return Problem{FindingKind::sha256, "decodes, but its bytes are not those that were written"};
}

std::optional<Problem> problem_of(const SampleEnd &end, StoredPictures &pictures, bool fast) {
  if (!stays_inside(end.file_name)) {
    return Problem{FindingKind::ledger, "the ledger names a file outside of the split folder"};
  }
  try {
    return fast ? problem_of_size(pictures.size(end), end)
                : problem_of_bytes(pictures.read(end), end);
  } catch (const FileError &error) {
    if (error.error_number() != ENOENT && error.error_number() != ENOTDIR) {
      return Problem{FindingKind::unreadable, error.what()};
    }
    return Problem{FindingKind::missing, "the file is gone"};
  } catch (const Error &error) {
    return Problem{FindingKind::unreadable, error.what()};
  }
}

// The threads that look at pictures, and what they found.
class Checkers {
 public:
  Checkers(const Ledger &ledger, const std::filesystem::path &output_dir, bool fast,
           Findings &findings)
      : pictures_(output_dir, ledger),
        fast_(fast),
        findings_(findings),
        queue_(threads() * waiting_per_thread) {
    for (unsigned i = 0; i < threads(); ++i) threads_.emplace_back([this] { work(); });
  }
  ~Checkers() { finish(); }
  Checkers(const Checkers &) = delete;
  Checkers &operator=(const Checkers &) = delete;

  void give(SampleEnd end) { queue_.push(std::move(end)); }
  std::uint64_t done() const { return done_; }

  std::vector<SampleKey> finish() {
    queue_.close();
    for (std::thread &thread : threads_) thread.join();
    threads_.clear();
    std::sort(broken_.begin(), broken_.end());
    return std::move(broken_);
  }

 private:
  static unsigned threads() {
    return std::clamp(std::thread::hardware_concurrency(), 1u, most_check_threads);
  }

  void work() {
    StoredPictures pictures = pictures_;
    while (const std::optional<SampleEnd> end = queue_.pop()) {
      if (auto problem = problem_of(*end, pictures, fast_)) {
        tell(*end, pictures, std::move(*problem));
      }
      ++done_;
    }
  }

  void tell(const SampleEnd &end, const StoredPictures &pictures, Problem problem) {
    findings_.add(problem.kind, pictures.place(end), std::move(problem.message));
    if (problem.kind == FindingKind::unreadable || problem.kind == FindingKind::ledger) return;
    const std::lock_guard lock(mutex_);
    broken_.push_back(end.key);
  }

  const StoredPictures pictures_;
  const bool fast_;
  Findings &findings_;
  BoundedQueue<SampleEnd> queue_;
  std::atomic<std::uint64_t> done_ = 0;
  std::mutex mutex_;
  std::vector<SampleKey> broken_;
  std::vector<std::thread> threads_;
};

}  // namespace

PictureCheck check_pictures(const Ledger &ledger, const std::filesystem::path &output_dir,
                            bool fast, Findings &findings, const CheckProgress &progress) {
  PictureCheck result;
  const std::uint64_t total = count_ok(ledger);
  Checkers checkers(ledger, output_dir, fast, findings);
  ledger.for_each_end([&](const SampleEnd &end) {
    if (end.outcome != Outcome::ok) return;
    SampleEnd slim;  // what a checker needs: the queue stays small
    slim.key = end.key;
    slim.file_name = end.file_name;
    slim.container = end.container;
    slim.sha256 = end.sha256;
    slim.file_size = end.file_size;
    checkers.give(std::move(slim));
    ++result.checked;
    progress(checkers.done(), total);
  });
  result.broken = checkers.finish();
  return result;
}

}  // namespace pictor::host
