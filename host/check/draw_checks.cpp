#include "check/draw_checks.hpp"

#include "check/live_model.hpp"
#include "check/sample_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace pictor::host::check {

namespace {

using namespace std::string_literals;

constexpr int cancel_points = 20;
constexpr std::size_t long_prompt = 64 << 10;
constexpr std::uint32_t batch_of_any = 3;

// The end of each request: neither less nor more than one. A model that still works is left alone.
void check_ends(Context &context, const Drawn &drawn) {
  const std::lock_guard lock(drawn.job->mutex);
  std::size_t ended = 0;
  for (const SeenRequest &request : drawn.job->requests) ended += request.ended ? 1 : 0;
  if (drawn.returned != PICTOR_OK) {
    if (ended == 0) return;
    return context.findings.fail(
        fmt::format("it returned {} after ending {} requests", status_name(drawn.returned), ended));
  }
  if (ended == drawn.job->requests.size()) return;
  context.findings.fail(fmt::format("{} of {} requests got no end",
                                    drawn.job->requests.size() - ended,
                                    drawn.job->requests.size()));
  throw Skip{"a request did not end"};
}

// A result, or a refusal with its reason.
void check_result_or_reason(Context &context, const Drawn &drawn, const std::string &what) {
  require_ends(drawn);
  if (!drawn.refused()) return;
  const std::lock_guard lock(drawn.job->mutex);
  const PluginError &why =
      drawn.returned != PICTOR_OK ? drawn.reason : drawn.job->requests[0].error;
  if (why.message.empty()) {
    context.findings.fail(fmt::format("{}: it ends with {} and no reason", what, drawn.words()));
  }
}

struct NamedPrompt {
  std::string name, text;
};

std::vector<NamedPrompt> nasty_prompts() {
  std::string words;
  while (words.size() < long_prompt) words += "a red fox in the snow, ";
  return {{"an empty prompt", ""},
          {"a prompt of one space", " "},
          {"a prompt of 64 KiB", words},
          {"a prompt with a NUL in it", "a red\0fox"s},
          {"a prompt with line ends", "a red fox\r\n\n\tin the snow"},
          {"a prompt from right to left", "ثعلب أحمر في الثلج"},
          {"a prompt of emoji", "🦊❄️👩‍👩‍👧"},
          {"a prompt that looks like a format", "%s%n{}{0}\\x"}};
}

// Calls `cancel` from a thread of its own, as soon as it is asked to.
class Canceller {
 public:
  explicit Canceller(LiveModel &model) : thread_([this, &model] { wait(model); }) {}
  ~Canceller() {
    stop_ = true;
    asked_ = true;
    asked_.notify_one();
    thread_.join();
  }
  Canceller(const Canceller &) = delete;
  Canceller &operator=(const Canceller &) = delete;

  void ask() {
    asked_ = true;
    asked_.notify_one();
  }

 private:
  void wait(LiveModel &model) {
    asked_.wait(false);
    if (stop_ || model.functions().cancel == nullptr) return;
    model.functions().cancel(model.self(), PICTOR_ALL_JOBS, PICTOR_ALL_REQUESTS);
  }

  std::atomic<bool> asked_{false}, stop_{false};
  std::thread thread_;
};

// Draws and cancels at the host's nth call; whether there were that many.
bool cancel_at(Context &context, RecordingHost &host, LiveModel &model, int point) {
  Canceller canceller(model);
  std::atomic<int> calls{0};
  host.interpose([&](std::string_view, SeenJob &job) -> pictor_status {
    if (++calls == point && !job.cancelled.exchange(true)) canceller.ask();
    return PICTOR_OK;
  });
  const Drawn drawn = model.draw({model.small_row()});
  require_ends(drawn);
  host.interpose({});
  if (calls < point) return false;
  const std::lock_guard lock(drawn.job->mutex);
  const pictor_status status =
      drawn.returned != PICTOR_OK || drawn.job->requests[0].ended
          ? (drawn.returned != PICTOR_OK ? drawn.returned : drawn.job->requests[0].status)
          : PICTOR_OK;
  if (status != PICTOR_OK && status != PICTOR_CANCELLED) {
    context.findings.fail(
        fmt::format("cancelled at the host's call {}, it ends with {}", point, drawn.words()));
  }
  return true;
}

void check_request_shape(Context &context, Shape shape) {
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    require_pictures(model.draw({model.small_row()}));
    model.shape_requests(shape);
    const Drawn drawn = model.draw({model.small_row()}, "a request of another size");
    require_ends(drawn);
    if (drawn.refused()) {
      context.findings.fail(
          fmt::format("it refuses a request for its struct_size: {}", drawn.words()));
    }
  });
}

struct Extreme {
  std::string id;
  Json value;
};

// Both ends of each request parameter, as far as it has them.
std::vector<Extreme> extremes_of(const std::vector<ParameterSpec> &specs) {
  std::vector<Extreme> extremes;
  const auto add = [&](const ParameterSpec &spec, const std::optional<Json> &value) {
    if (value) extremes.push_back({spec.id, *value});
  };
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != ParameterScope::request) continue;
    add(spec, smallest_value(spec));
    if (!is_costly(spec)) add(spec, largest_value(spec));
  }
  return extremes;
}

}  // namespace

void draw_terminal(Context &context) {
  auto *host = new RecordingHost(context.findings);
  with_models(context, *host, Ready::loaded, [&](LiveModel &model) {
    Row two = model.small_row();
    two.seeds = {1, 2};
    check_ends(context, model.draw({model.small_row()}));
    check_ends(context, model.draw({two}));
    if (model.description().info.max_batch == 1) return;
    check_ends(context, model.draw({two, model.small_row()}));
  });
  tell_breaches(context, *host, Rule::terminal);
}

void draw_progress(Context &context) {
  auto *host = new RecordingHost(context.findings);
  with_models(context, *host, Ready::loaded,
              [&](LiveModel &model) { require_ends(model.draw({model.small_row()})); });
  tell_breaches(context, *host, Rule::progress);
}

void draw_cancel(Context &context) {
  auto *host = new RecordingHost(context.findings);
  with_models(context, *host, Ready::loaded, [&](LiveModel &model) {
    require_pictures(model.draw({model.small_row()}));
    int point = 1;
    while (point <= cancel_points && !context.is_late() &&
           cancel_at(context, *host, model, point)) {
      ++point;
    }
    if (point == 1) context.tell_untried(0, cancel_points, "points to cancel at");
    const Drawn after = model.draw({model.small_row()});
    require_ends(after);
    if (after.refused()) {
      context.findings.fail(
          fmt::format("after a cancel the model does not draw: {}", after.words()));
    }
  });
}

void draw_prompts(Context &context) {
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    const std::vector<NamedPrompt> prompts = nasty_prompts();
    std::size_t tried = 0;
    for (; tried < prompts.size() && !context.is_late(); ++tried) {
      Row row = model.small_row();
      row.prompt = prompts[tried].text;
      const std::string &name = prompts[tried].name;
      check_result_or_reason(context, model.draw({row}, name), name);
    }
    context.tell_untried(tried, prompts.size(), "prompts");
  });
}

void draw_extremes(Context &context) {
  bool any = false;
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    const std::vector<Extreme> extremes = extremes_of(model.description().parameters);
    any = any || !extremes.empty();
    std::size_t tried = 0;
    for (; tried < extremes.size() && !context.is_late(); ++tried) {
      const auto &[id, value] = extremes[tried];
      const std::string what = fmt::format("{} = {}", id, value.dump());
      Row row = model.small_row();
      row.parameters[id] = value;
      check_result_or_reason(context, model.draw({row}, what), what);
    }
    context.tell_untried(tried, extremes.size(), "values");
  });
  if (!any) throw Skip{"it has no request parameter"};
}

void draw_batch(Context &context) {
  with_models(context, Ready::loaded, [&](LiveModel &model) {
    const std::uint32_t most = model.description().info.max_batch;
    if (most == 1) throw Skip{"it takes one request at a time"};
    std::vector<Row> rows(most == 0 ? batch_of_any : std::min(most, 8u), model.small_row());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].seeds = {i + 1};
    const Drawn alone = model.draw({rows.back()});
    require_pictures(alone);
    const Drawn drawn = model.draw(rows);
    require_ends(drawn);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (drawn.refused(i)) {
        context.findings.fail(
            fmt::format("request {} of a batch of {}: {}", i, rows.size(), drawn.words(i)));
      } else if (drawn.image(i) == nullptr) {
        context.findings.fail(
            fmt::format("request {} of a batch of {} got no picture", i, rows.size()));
      }
    }
  });
}

void draw_request_end(Context &context) {
  check_request_shape(context, Shape::page_end);
}

void draw_request_grown(Context &context) {
  check_request_shape(context, Shape::grown_empty);
}

}  // namespace pictor::host::check
