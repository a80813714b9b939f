#include "run/run_note.hpp"

#include "base/escape.hpp"
#include "base/unix_time.hpp"

#include <fmt/format.h>

#include <vector>

namespace pictor::host {

namespace {

// What the same command would draw.
std::uint64_t left_to_draw(const PlanCounts &counts) {
  std::uint64_t left = counts.open + counts.running;
  for (std::size_t i = 0; i < counts.outcomes.size(); ++i) {
    if (drawn_again(static_cast<Outcome>(i))) left += counts.outcomes[i];
  }
  return left;
}

Json to_json(const RunNote &note) {
  return {{"begun_at_ms", note.begun_at_ms},
          {"ended_at_ms", note.ended_at_ms},
          {"wanted", note.wanted},
          {"left", note.left},
          {"made", note.made},
          {"seconds", note.seconds},
          {"removed_rows", note.removed.count},
          {"removed_row", note.removed.example_row},
          {"removed_id", note.removed.example_id}};
}

}  // namespace

RemovedRows removed_rows(const Ledger &ledger, const RowNumbers &numbers, std::size_t rows) {
  RemovedRows removed;
  if (ledger.rows().size() <= rows) return removed;
  std::optional<SampleKey> example, latest;
  ledger.for_each_outcome([&](const SampleKey &key, Outcome outcome) {
    if (outcome != Outcome::ok || numbers.position(key.row)) return;
    if (!example) example = key;
    if (!latest || latest->row != key.row) ++removed.count;
    latest = key;
  });
  if (!example) return removed;
  removed.example_row = example->row;
  if (const auto end = ledger.end(*example)) removed.example_id = end->row_id;
  return removed;
}

std::string text_of(const RemovedRows &removed) {
  const std::string id =
      removed.example_id.empty() ? "" : fmt::format(" ({})", terminal_safe(removed.example_id));
  return fmt::format("{} not in the prompt file any more: {} pictures stay, such as row {}{}",
                     removed.count == 1 ? "1 row is" : fmt::format("{} rows are", removed.count),
                     removed.count == 1 ? "its" : "their", removed.example_row, id);
}

std::optional<RunNote> read_run_note(const Ledger &ledger) {
  const Json json = ledger.last_run();
  RunNote note;
  try {
    note.begun_at_ms = json.at("begun_at_ms").get<std::int64_t>();
    note.ended_at_ms = json.at("ended_at_ms").get<std::int64_t>();
    note.wanted = json.at("wanted").get<std::uint64_t>();
    note.left = json.at("left").get<std::uint64_t>();
    note.made = json.at("made").get<std::uint64_t>();
    note.seconds = json.at("seconds").get<double>();
    note.removed = {json.at("removed_rows").get<std::uint64_t>(),
                    json.at("removed_row").get<std::uint32_t>(),
                    json.at("removed_id").get<std::string>()};
  } catch (const Json::exception &) {
    return std::nullopt;  // none yet
  }
  return note;
}

void RunNoteKeeper::begun(const PlanCounts &counts, const RemovedRows &removed) {
  const std::optional<RunNote> before = read_run_note(ledger_);
  const bool same =
      before && before->left == 0 && before->wanted == counts.wanted && before->removed == removed;
  if (counts.open == 0 && same) return;
  note_.emplace();
  note_->begun_at_ms = unix_time_ms();
  note_->wanted = counts.wanted;
  note_->left = counts.open;
  note_->removed = removed;
  ledger_.set_last_run(to_json(*note_));
}

void RunNoteKeeper::ended(const Summary &summary) {
  if (!note_) return;
  note_->ended_at_ms = unix_time_ms();
  note_->left = left_to_draw(summary.counts);
  note_->made = summary.made;
  note_->seconds = summary.seconds;
  ledger_.set_last_run(to_json(*note_));
}

}  // namespace pictor::host
