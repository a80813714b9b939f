// What a plugin makes of memory that it does not get.
#include "check/draw_checks.hpp"
#include "check/failing_allocations.hpp"
#include "check/live_model.hpp"
#include "check/sample_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace pictor::host::check {

namespace {

// Each of the first ones, and then fewer and fewer of the later.
std::uint64_t next_after(std::uint64_t nth) {
  return nth + std::max<std::uint64_t>(1, nth / 16);
}

// Which call fails at which allocation, each rule told once for a call.
class MemoryFindings {
 public:
  explicit MemoryFindings(Findings &findings) : findings_(findings) {}

  void judge(const std::string &call, std::uint64_t nth, pictor_status status,
             const PluginError &why) {
    if (status == PICTOR_OK || status == PICTOR_RESOURCE_EXHAUSTED) return;
    tell(call, fmt::format("{} without its allocation {} says {} ({}), and that is "
                           "RESOURCE_EXHAUSTED",
                           call, nth, status_name(status), why.message));
  }
  void tell(const std::string &call, const std::string &what) {
    if (told_.insert(call).second) findings_.fail(what);
  }

 private:
  Findings &findings_;
  std::set<std::string> told_;
};

PluginError error_of(const Drawn &drawn) {
  if (drawn.returned != PICTOR_OK) return drawn.reason;
  const std::lock_guard lock(drawn.job->mutex);
  return drawn.job->requests[0].error;
}

pictor_status status_of(const Drawn &drawn) {
  if (drawn.returned != PICTOR_OK) return drawn.returned;
  const std::lock_guard lock(drawn.job->mutex);
  return drawn.job->requests[0].status;
}

// From here on the nth allocation of a call fails, once. Not every language can go on without.
void begin_without(Context &context, std::string_view call, std::uint64_t nth) {
  context.findings.may_abort(fmt::format(
      "{} without its allocation {} ends the process: a worker's end costs what it is at, that of "
      "pictor's own the whole run",
      call, nth));
  fail_allocation(nth);
}

// Whether it failed.
bool end_without(Context &context) {
  const bool failed = has_failed_allocation();
  fail_allocation(0);
  context.findings.may_abort("");
  return failed;
}

// The nth allocation of one load or one request fails; false: there are fewer.
bool load_without(LiveModel &model, std::uint64_t nth, MemoryFindings &findings) {
  begin_without(model.context(), "a load", nth);
  PluginError why;
  const pictor_status status = model.try_load(why);
  const bool failed = end_without(model.context());
  if (failed) findings.judge("a load", nth, status, why);
  model.unload();
  return failed;
}

bool draw_without(LiveModel &model, std::uint64_t nth, MemoryFindings &findings) {
  begin_without(model.context(), "a request", nth);
  const Drawn drawn =
      model.draw({model.small_row()}, fmt::format("its allocation {} failing", nth));
  const bool failed = end_without(model.context());
  if (!drawn.ended()) {
    findings.tell("end", fmt::format("without its allocation {} a request gets no end", nth));
    throw Skip{"a request did not end"};
  }
  if (!failed) return false;
  findings.judge("a request", nth, status_of(drawn), error_of(drawn));
  const Drawn next = model.draw({model.small_row()}, "memory again");
  require_ends(next);
  if (next.refused()) {
    findings.tell("next", fmt::format("after a request without its allocation {} it does not draw: "
                                      "{}",
                                      nth, next.words()));
  }
  return true;
}

}  // namespace

void draw_memory(Context &context) {
  if (context.subject.in_worker) throw Skip{"only a plugin in this process can be denied memory"};
  std::uint64_t tried = 0;
  const auto until_late = [&](const auto &attempt) {
    for (std::uint64_t nth = 1; !context.is_late() && attempt(nth); nth = next_after(nth)) ++tried;
  };
  with_models(context, Ready::created, [&](LiveModel &model) {
    if (!model.may_draw()) throw Skip{"the model bills: --billed lets it draw"};
    count_allocations(context.subject.file);
    model.load();  // what is made once is made
    model.unload();
    MemoryFindings findings(context.findings);
    until_late([&](std::uint64_t nth) { return load_without(model, nth, findings); });
    PluginError why;
    if (const pictor_status status = model.try_load(why); status != PICTOR_OK) {
      return findings.tell(
          "load again", fmt::format("after loads without an allocation it does not load: {} ({})",
                                    status_name(status), why.message));
    }
    require_ends(model.draw({model.small_row()}));
    until_late([&](std::uint64_t nth) { return draw_without(model, nth, findings); });
    model.unload();
  });
  if (!context.is_late()) return;
  context.findings.warn(
      fmt::format("{} allocations were tried in the time there was: --timeout gives more", tried));
}

}  // namespace pictor::host::check
