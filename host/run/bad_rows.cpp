#include "run/bad_rows.hpp"

#include "base/unix_time.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

constexpr const char *stage = "row";

using Messages = std::map<SampleKey, std::string>;

Messages wanted_messages(const Prompts &prompts, const RowNumbers &numbers,
                         std::span<const std::uint32_t> models, const std::optional<Shard> &shard) {
  Messages messages;
  for (const BadRow &row : prompts.bad_rows()) {
    if (shard && !shard->draws(row.index)) continue;
    for (const std::uint32_t model : models) {
      messages[{numbers.number(row.index), model, 0}] =
          fmt::format("line {}: {}", row.line, row.message);
    }
  }
  return messages;
}

// The recorded ends that say that a row is bad.
Messages recorded_messages(const Ledger &ledger) {
  std::vector<SampleKey> invalid;
  ledger.for_each_outcome([&](const SampleKey &key, Outcome outcome) {
    if (outcome == Outcome::invalid && key.generation == 0) invalid.push_back(key);
  });
  Messages messages;
  for (const SampleKey &key : invalid) {
    const std::optional<SampleEnd> end = ledger.end(key);
    if (end && end->failure && end->failure->stage == stage) messages[key] = end->failure->message;
  }
  return messages;
}

SampleEnd bad_end(const SampleKey &key, const std::string &message) {
  using namespace std::chrono;
  SampleEnd end;
  end.key = key;
  end.outcome = Outcome::invalid;
  Failure failure;
  failure.outcome = Outcome::invalid;
  failure.stage = stage;
  failure.message = message;
  end.failure = failure;
  end.finished_at_ms = unix_time_ms();
  return end;
}

}  // namespace

void record_bad_rows(Ledger &ledger, const Prompts &prompts, const RowNumbers &numbers,
                     std::span<const std::uint32_t> models, const std::optional<Shard> &shard) {
  const Messages wanted = wanted_messages(prompts, numbers, models, shard);
  const Messages recorded = recorded_messages(ledger);
  std::vector<SampleKey> mended;
  for (const auto &[key, message] : recorded) {
    if (!wanted.contains(key)) mended.push_back(key);
  }
  std::vector<SampleEnd> bad;
  for (const auto &[key, message] : wanted) {
    const auto known = recorded.find(key);
    if (known == recorded.end() || known->second != message) bad.push_back(bad_end(key, message));
  }
  if (!mended.empty()) ledger.forget(mended);
  if (!bad.empty()) ledger.ended(bad);
}

}  // namespace pictor::host
