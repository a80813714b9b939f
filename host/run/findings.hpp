#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// What can be wrong with a dataset. In the order in which they are told.
enum class FindingKind : std::uint8_t {
  ledger,
  missing,
  unreadable,
  size,
  sha256,
  broken,
  unknown_file,
  temporary_file,
  metadata,
  no_line,
  no_file,
  wrong_line,
  unanswered,
  missing_file,
};

struct FindingNote {
  std::string_view name;    // in reports
  std::string_view advice;  // what to do
};
const FindingNote &note_of(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::ledger;
  std::string file;  // relative to the output folder
  std::string message;

  auto operator<=>(const Finding &) const = default;
};

// Collects findings: all are counted, the first thousand of a kind are kept. [any thread]
class Findings {
 public:
  static constexpr std::size_t kinds = static_cast<std::size_t>(FindingKind::missing_file) + 1;
  static constexpr std::size_t kept_of_a_kind = 1000;

  void add(FindingKind kind, std::string file, std::string message);

  std::uint64_t count(FindingKind kind) const;
  std::uint64_t total() const;
  std::vector<Finding> sorted() const;  // by kind, then file

 private:
  mutable std::mutex mutex_;
  std::array<std::uint64_t, kinds> counts_{};
  std::vector<Finding> kept_;
};

}  // namespace pictor::host
