#include "run/pace.hpp"

#include <algorithm>
#include <vector>

namespace pictor::host {
namespace {

constexpr std::int64_t ns_per_ms = 1'000'000;
constexpr double ns_per_second = 1e9;

}  // namespace

Pace pace_of(std::span<DrawingTime> drawn) {
  std::sort(drawn.begin(), drawn.end(),
            [](const DrawingTime &a, const DrawingTime &b) { return a.begun < b.begun; });
  std::int64_t busy = 0, until = INT64_MIN;
  for (const DrawingTime &time : drawn) {
    if (time.ended <= until) continue;
    busy += time.ended - std::max(time.begun, until);
    until = time.ended;
  }
  return {drawn.size(), static_cast<double>(busy) / ns_per_second};
}

std::map<std::string, Pace> recorded_paces(const Ledger &ledger) {
  const std::vector<std::string> names = ledger.models();
  std::vector<std::vector<DrawingTime>> drawn(names.size());
  ledger.for_each_end([&](const SampleEnd &end) {
    if (end.outcome != Outcome::ok || end.generate_ns <= 0 || end.key.model >= drawn.size()) return;
    const std::int64_t ended = end.finished_at_ms * ns_per_ms;
    drawn[end.key.model].push_back({ended - end.generate_ns, ended});
  });
  std::map<std::string, Pace> paces;
  for (std::size_t model = 0; model < names.size(); ++model) {
    if (!drawn[model].empty()) paces[names[model]] = pace_of(drawn[model]);
  }
  return paces;
}

}  // namespace pictor::host
