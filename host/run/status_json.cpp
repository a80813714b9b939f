#include "run/status.hpp"

namespace pictor::host {

namespace {

constexpr std::chrono::seconds json_interval(1);

std::string_view name_of(ModelState state) {
  switch (state) {
    case ModelState::loading:
      return "loading";
    case ModelState::stopped:
      return "stopped";
    case ModelState::waiting:
      return "waiting";
    case ModelState::drawing:
      break;
  }
  return "drawing";
}

Json outcomes(const PlanCounts &counts) {
  Json json = Json::object();
  for (std::size_t i = 0; i < counts.outcomes.size(); ++i) {
    if (counts.outcomes[i] > 0) json[std::string(outcome_names[i])] = counts.outcomes[i];
  }
  return json;
}

}  // namespace

JsonStatus::JsonStatus(std::ostream &out, Clock clock) : out_(out), clock_(std::move(clock)) {}

void JsonStatus::line(const Json &event) {
  out_ << json_line(event) << std::endl;
}

void JsonStatus::started(const RunStart &start) {
  line({{"event", "start"},
        {"output_dir", start.output_dir.string()},
        {"models", start.models},
        {"rows_in_file", start.rows_in_file},
        {"rows", start.rows},
        {"total", start.counts.wanted - start.counts.beyond_limit},
        {"done", start.counts.ended()},
        {"outcomes", outcomes(start.counts)}});
}

void JsonStatus::model(const ModelReport &report) {
  Json event = {{"event", "model"}, {"model", report.name}, {"state", name_of(report.state)}};
  if (report.fraction >= 0) event["fraction"] = report.fraction;
  if (report.steps > 0) {
    event["step"] = report.step;
    event["steps"] = report.steps;
  }
  if (!report.text.empty()) event["text"] = report.text;
  line(event);
}

void JsonStatus::sample(const SampleEnd &end, const std::string &model) {
  Json event = {{"event", "sample"},
                {"row", end.key.row},
                {"id", end.row_id},
                {"model", model},
                {"generation", end.key.generation},
                {"outcome", host::name_of(end.outcome)}};
  if (!end.file_name.empty()) event["file_name"] = end.file_name;
  if (end.seed) event["seed"] = *end.seed;
  if (end.attempts != 1) event["attempts"] = end.attempts;
  if (end.cost_micros) event["cost_micros"] = *end.cost_micros;
  if (end.failure) {
    event["stage"] = end.failure->stage;
    event["error"] = end.failure->message;
  }
  line(event);
}

void JsonStatus::warning(const std::string &text) {
  line({{"event", "warning"}, {"message", text}});
}

void JsonStatus::progress(const RunProgress &progress) {
  if (clock_() < next_) return;
  next_ = clock_() + json_interval;
  Json event = {{"event", "progress"},
                {"done", progress.counts.ended()},
                {"total", progress.total()},
                {"failed", progress.failed()},
                {"images_per_minute", progress.images_per_minute()}};
  if (const auto left = progress.seconds_left()) event["eta_s"] = *left;
  line(event);
}

void JsonStatus::ended(const Summary &summary) {
  Json errors = Json::array();
  for (const FrequentError &error : summary.errors) {
    errors.push_back({{"outcome", host::name_of(error.outcome)},
                      {"message", error.message},
                      {"count", error.count},
                      {"row", error.example_row},
                      {"id", error.example_id}});
  }
  Json stopped = Json::array();
  for (const StoppedModel &model : summary.stopped) {
    stopped.push_back({{"model", model.name}, {"error", model.failure.message}});
  }
  Json event = {{"event", "end"},
                {"exit_code", static_cast<int>(summary.exit_code())},
                {"made", summary.made},
                {"total", summary.counts.wanted},
                {"outcomes", outcomes(summary.counts)},
                {"not_drawn", summary.counts.open},
                {"seconds", summary.seconds},
                {"images_per_minute", summary.images_per_minute()},
                {"attempts", summary.attempts},
                {"retries", summary.retries},
                {"cost_micros", summary.cost_micros},
                {"stage_seconds", mean_stage_seconds(summary.stages)},
                {"interrupted", summary.interrupted},
                {"parked", summary.parked},
                {"errors", errors},
                {"stopped", stopped}};
  if (summary.budget) {
    event["budget"] = {{"max_cost", dollars_of(summary.budget->limit)},
                       {"spent", dollars_of(summary.budget->spent)},
                       {"reached", summary.budget->reached}};
  }
  line(event);
}

}  // namespace pictor::host
