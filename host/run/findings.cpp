#include "run/findings.hpp"

#include <algorithm>
#include <numeric>

namespace pictor::host {

namespace {

constexpr std::string_view draw_again =
    "`pictor verify DIR --repair`, then the same `pictor run`, draws it again";

constexpr std::array<FindingNote, Findings::kinds> notes = {{
    {"ledger", "restore .pictor/ledger.sqlite, or rescue it with `sqlite3 ledger.sqlite .recover`"},
    {"missing", draw_again},
    {"unreadable", "check its permissions and the disk; it was not judged"},
    {"size", draw_again},
    {"sha256", draw_again},
    {"broken", draw_again},
    {"unknown_file",
     "move it out of the split folder, or delete it; the loader takes what is there"},
    {"temporary_file", "`pictor verify DIR --repair`, or the next `pictor run`, removes it"},
    {"metadata", "`pictor verify DIR --repair` writes metadata.jsonl again"},
    {"no_line", "`pictor verify DIR --repair` writes metadata.jsonl again"},
    {"no_file", "`pictor verify DIR --repair` writes metadata.jsonl again"},
    {"wrong_line", "`pictor verify DIR --repair` writes metadata.jsonl again"},
    {"unanswered",
     "`pictor verify DIR --repair`, or the next `pictor run`, settles them as "
     "maybe_billed"},
    {"missing_file", "`pictor verify DIR --repair`, then the same `pictor run`, writes it again"},
}};

}  // namespace

const FindingNote &note_of(FindingKind kind) {
  return notes[static_cast<std::size_t>(kind)];
}

void Findings::add(FindingKind kind, std::string file, std::string message) {
  const std::lock_guard lock(mutex_);
  if (counts_[static_cast<std::size_t>(kind)]++ >= kept_of_a_kind) return;
  kept_.push_back({kind, std::move(file), std::move(message)});
}

std::uint64_t Findings::count(FindingKind kind) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<std::size_t>(kind)];
}

std::uint64_t Findings::total() const {
  const std::lock_guard lock(mutex_);
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::vector<Finding> Findings::sorted() const {
  const std::lock_guard lock(mutex_);
  std::vector<Finding> findings = kept_;
  std::sort(findings.begin(), findings.end());
  return findings;
}

}  // namespace pictor::host
