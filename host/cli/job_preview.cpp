#include "cli/job_preview.hpp"

#include "base/escape.hpp"
#include "run/preview.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>

namespace pictor::host {
namespace {

constexpr std::size_t most_bad_rows_shown = 20;

std::filesystem::path pictures_folder(const PreparedJob &job) {
  const OutputConfig &output = job.config.job.output;
  return output.dir / output.split;
}

void tell_bad_rows(Console &console, const PreparedJob &job) {
  const Prompts &prompts = job.prompts;
  for (const std::string &warning : prompts.warnings()) console.note("warning: " + warning);
  const std::vector<BadRow> &bad = prompts.bad_rows();
  for (std::size_t i = 0; i < std::min(bad.size(), most_bad_rows_shown); ++i) {
    console.note(fmt::format("cannot be drawn: {}: {}", prompts.at(bad[i].line), bad[i].message));
  }
  if (bad.size() > most_bad_rows_shown) {
    console.note(fmt::format("and {} more", bad.size() - most_bad_rows_shown));
  }
}

// "120 ok, 3 refused"
std::string recorded_text(const PlanCounts &counts) {
  std::string text;
  for (std::size_t i = 0; i < counts.outcomes.size(); ++i) {
    if (counts.outcomes[i] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", counts.outcomes[i], outcome_names[i]);
  }
  return text;
}

std::string as_text(const PreparedJob &job, const Preview &preview) {
  std::string text = fmt::format("{} rows", job.prompts.rows_in_file());
  if (job.prompts.size() != job.prompts.rows_in_file()) {
    text += fmt::format(", expanded to {}", job.prompts.size());
  }
  if (const std::size_t bad = job.prompts.bad_rows().size(); bad > 0) {
    text += fmt::format(", {} of them cannot be drawn", bad);
  }
  text += fmt::format("\n{} pictures to draw\n", preview.to_draw());
  for (const Preview::Model &model : preview.models) {
    text += fmt::format("  {}: {} (plugin {})\n", terminal_safe(model.name), model.to_draw,
                        model.plugin);
  }
  if (preview.counts.beyond_limit > 0) {
    text += fmt::format("{} more beyond --limit\n", preview.counts.beyond_limit);
  }
  if (preview.resumes) text += "on record: " + recorded_text(preview.counts) + '\n';
  return text + "into " + terminal_safe(pictures_folder(job).string()) + '\n';
}

Json as_json(const PreparedJob &job, const Preview &preview) {
  Json document = {{"rows_in_file", job.prompts.rows_in_file()},
                   {"rows", job.prompts.size()},
                   {"bad_rows", Json::array()},
                   {"to_draw", preview.to_draw()},
                   {"beyond_limit", preview.counts.beyond_limit},
                   {"models", Json::array()},
                   {"resumes", preview.resumes},
                   {"recorded", Json::object()},
                   {"folder", pictures_folder(job).string()}};
  for (const BadRow &row : job.prompts.bad_rows()) {
    document["bad_rows"].push_back({{"line", row.line}, {"message", row.message}});
  }
  for (const Preview::Model &model : preview.models) {
    document["models"].push_back(
        {{"name", model.name}, {"plugin", model.plugin}, {"to_draw", model.to_draw}});
  }
  for (std::size_t i = 0; i < outcome_names.size(); ++i) {
    document["recorded"][std::string(outcome_names[i])] = preview.counts.outcomes[i];
  }
  return document;
}

}  // namespace

ExitCode show_preview(Console &console, const PreparedJob &job, const RunOptions &options) {
  const Preview preview = preview_job(job, options);
  tell_bad_rows(console, job);
  if (console.json()) {
    console.document(as_json(job, preview));
  } else {
    console.data(as_text(job, preview));
  }
  return job.prompts.bad_rows().empty() ? ExitCode::ok : ExitCode::some_failed;
}

}  // namespace pictor::host
