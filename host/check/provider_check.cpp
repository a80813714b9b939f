// What a plugin makes of a provider's errors.
#include "check/draw_checks.hpp"
#include "check/live_model.hpp"
#include "check/mock_provider.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <optional>
#include <thread>

namespace pictor::host::check {

namespace {

constexpr const char *address = "base_url";
constexpr const char *key_name = "PICTOR_CHECK_KEY";
constexpr std::int64_t wait_s = 30;
constexpr std::chrono::seconds patience{1}, grace{5};
constexpr std::size_t drips = 80;  // for longer than both

// An answer, and what it has to become.
struct Trial {
  std::string name;
  ProviderAnswer answer;
  std::vector<pictor_status> statuses;  // one of them; none: anything but a success
  bool tells_wait = false;              // retry_after_ms has to be about wait_s
  bool passes = false;                  // and asking again later may help
};

ProviderAnswer refusal(int status, std::vector<std::string> headers = {}) {
  return {.status = status,
          .headers = std::move(headers),
          .body = R"({"error": {"message": "no picture today"}})"};
}

// As OpenAI says that there is no credit left.
ProviderAnswer no_quota() {
  return {.status = 429,
          .body = R"({"error": {"message": "You exceeded your current quota, please check your )"
                  R"(plan and billing details.", "type": "insufficient_quota", )"
                  R"("code": "insufficient_quota"}})"};
}

std::string date_in(std::int64_t seconds) {
  const std::time_t then = std::time(nullptr) + seconds;
  std::tm parts{};
  gmtime_r(&then, &parts);
  std::array<char, 64> text;
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::vector<Trial> all_trials() {
  const std::vector<pictor_status> broken = {PICTOR_PROTOCOL, PICTOR_UNAVAILABLE};
  return {
      {"401", refusal(401), {PICTOR_UNAUTHENTICATED}},
      {"402", refusal(402), {PICTOR_QUOTA_EXHAUSTED, PICTOR_PERMISSION_DENIED}},
      {"403", refusal(403), {PICTOR_PERMISSION_DENIED, PICTOR_UNAUTHENTICATED}},
      {"404", refusal(404), {PICTOR_NOT_FOUND, PICTOR_INVALID_ARGUMENT, PICTOR_UNSUPPORTED}},
      {"429 with Retry-After in seconds",
       refusal(429, {fmt::format("Retry-After: {}", wait_s)}),
       {PICTOR_RATE_LIMITED},
       true,
       true},
      {"429 with Retry-After as a date",
       refusal(429, {"Retry-After: " + date_in(wait_s)}),
       {PICTOR_RATE_LIMITED},
       true,
       true},
      {"429 for want of quota", no_quota(), {PICTOR_QUOTA_EXHAUSTED, PICTOR_RATE_LIMITED}},
      {"500", refusal(500), {PICTOR_UNAVAILABLE, PICTOR_TIMEOUT}},
      {"503", refusal(503), {PICTOR_UNAVAILABLE, PICTOR_TIMEOUT}, false, true},
      {"a body that is cut off", {.body = R"({"data": [)", .missing = 1000}, broken},
      {"a page in place of JSON",
       {.body = "<html><body>Welcome</body></html>", .media_type = "text/html"},
       broken},
      {"broken JSON", {.body = R"({"data": [{"b64_json": )"}, broken},
      {"a picture in broken base64", {.body = R"({"data": [{"b64_json": "%%%"}]})"}, broken},
      {"a redirect to a file", refusal(302, {"Location: file:///etc/hostname"}), {}},
      {"a body of 1 GiB", {.body = std::string(1 << 20, ' '), .endless = true}, {}},
      {"a body that drips", {.body = std::string(drips, ' '), .drips = true}, {}},
  };
}

// How asking ended: a load that asked already, or a request.
struct End {
  pictor_status status = PICTOR_OK;
  PluginError error;
};

// Cancels what a model does when it takes too long.
class Impatience {
 public:
  explicit Impatience(LiveModel &model) : thread_([this, &model] { wait(model); }) {}
  ~Impatience() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Impatience(const Impatience &) = delete;
  Impatience &operator=(const Impatience &) = delete;

  // Whether the model goes on for long after it was cancelled.
  bool is_ignored() const { return Clock::now() - began_ > patience + grace; }

 private:
  using Clock = std::chrono::steady_clock;

  void wait(LiveModel &model) {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, patience, [this] { return over_; })) return;
    model.host().cancel_jobs();
    if (model.functions().cancel == nullptr) return;
    model.functions().cancel(model.self(), PICTOR_ALL_JOBS, PICTOR_ALL_REQUESTS);
  }

  const Clock::time_point began_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

// A load may wait for its server, until it is told to end.
End load(LiveModel &model) {
  const Impatience impatience(model);
  End end;
  end.status = model.try_load(end.error);
  return end;
}

End draw(Context &context, const Trial &trial, LiveModel &model) {
  std::optional<Impatience> impatience;
  if (trial.answer.drips) impatience.emplace(model);
  const Drawn drawn = model.draw({model.small_row()});
  if (impatience && impatience->is_ignored()) {
    context.findings.fail(fmt::format("{}: it goes on when it is cancelled", trial.name));
  }
  if (!drawn.ended()) {
    context.findings.fail(fmt::format("{}: the request gets no end", trial.name));
    throw Skip{"a request did not end"};
  }
  if (drawn.returned != PICTOR_OK) return {drawn.returned, drawn.reason};
  const std::lock_guard lock(drawn.job->mutex);
  return {drawn.job->requests[0].status, drawn.job->requests[0].error};
}

void judge_status(Context &context, const Trial &trial, const End &end) {
  if (end.status == PICTOR_OK) {
    return context.findings.fail(fmt::format("{}: it takes that for a success", trial.name));
  }
  const auto &wanted = trial.statuses;
  if (wanted.empty() || std::find(wanted.begin(), wanted.end(), end.status) != wanted.end()) return;
  std::vector<std::string> names;
  for (const pictor_status status : wanted) names.push_back(status_name(status));
  context.findings.fail(fmt::format("{}: it says {} ({}), and that is {}", trial.name,
                                    status_name(end.status), end.error.message,
                                    fmt::join(names, " or ")));
}

void judge_error(Context &context, const Trial &trial, const PluginError &error) {
  const auto fail = [&](const std::string &what) {
    context.findings.fail(fmt::format("{}: {}", trial.name, what));
  };
  if (error.message.empty()) fail("it gives no reason");
  if (error.http_status != 0 && error.http_status != trial.answer.status) {
    fail(fmt::format("http_status is {}", error.http_status));
  }
  if (trial.passes && (error.flags & PICTOR_ERROR_RETRY_NEVER) != 0) {
    fail("it says RETRY_NEVER of what passes");
  }
  // The clock went on since the date was written.
  const std::int64_t wait = error.retry_after_ms;
  if (trial.tells_wait && (wait <= 0 || wait > (wait_s + 1) * 1000)) {
    fail(fmt::format("retry_after_ms is {}, and the provider asks for {} s", wait, wait_s));
  }
}

void judge(Context &context, const Trial &trial, const End &end, const MockProvider &provider) {
  judge_status(context, trial, end);
  const bool failed = end.status != PICTOR_OK && end.status != PICTOR_CANCELLED;
  if (failed) judge_error(context, trial, end.error);
  if (!provider.was_taken_whole()) return;
  context.findings.fail(fmt::format("{}: it takes the whole of it", trial.name));
}

// A load that failed is judged in place of a request; it may ask more than once, as a poll does.
void try_one(Context &context, const Trial &trial, LiveModel &model, MockProvider &provider) {
  provider.answer_with(trial.answer);
  End end = load(model);
  if (end.status == PICTOR_CANCELLED) return;
  const bool loaded = end.status == PICTOR_OK;
  if (loaded) {
    provider.answer_with(trial.answer);
    end = draw(context, trial, model);
    model.unload();
  }
  if (provider.questions() == 0) {
    throw Skip{fmt::format("it does not ask the server at base_url: {} ({})",
                           status_name(end.status), end.error.message)};
  }
  judge(context, trial, end, provider);
  if (!loaded || provider.posts() <= 1) return;
  context.findings.fail(fmt::format("{}: it asks {} times, and only the host asks again",
                                    trial.name, provider.posts()));
}

bool has_address(const ModelDescription &model) {
  const ParameterSpec *spec = find_spec(model.parameters, address);
  return spec != nullptr && spec->type == ParameterType::string &&
         spec->scope == ParameterScope::load;
}

// Whether a secret has a value, or is the key without which nothing is asked.
bool is_told(const ParameterSpec &spec, const Subject &subject) {
  return spec.type == ParameterType::secret &&
         (spec.id == "api_key" || spec.required || subject.parameters.contains(spec.id) ||
          (!spec.env.empty() && std::getenv(spec.env.c_str()) != nullptr));
}

// The keys are nobody's: a plugin that asks its real provider all the same is billed for nothing.
Subject asking(const Subject &subject, const std::vector<ModelDescription> &models,
               const std::string &url) {
  Subject changed = subject;
  changed.parameters[address] = url;
  for (const ModelDescription &model : models) {
    for (const ParameterSpec &spec : model.parameters) {
      if (is_told(spec, subject)) changed.parameters[spec.id] = key_name;
    }
  }
  return changed;
}

}  // namespace

void draw_provider(Context &context) {
  OpenPlugin plugin = open_plugin(context);
  std::erase_if(plugin.models, [](const ModelDescription &model) { return !has_address(model); });
  if (plugin.models.empty()) throw Skip{"no model has a base_url"};
  setenv(key_name, "sk-nobody", 1);
  auto *provider = new MockProvider;
  const Subject subject = asking(context.subject, plugin.models, provider->url());
  Context with_provider{subject, context.findings, context.start};
  auto *host = new RecordingHost(context.findings);
  initialise(context, plugin.functions, host->table());
  const std::vector<Trial> trials = all_trials();
  std::size_t tried = 0;
  for (; tried < trials.size() && !context.is_late(); ++tried) {
    run_models(with_provider, *host, plugin, Ready::created,
               [&](LiveModel &model) { try_one(context, trials[tried], model, *provider); });
  }
  context.tell_untried(tried, trials.size(), "answers");
}

}  // namespace pictor::host::check
