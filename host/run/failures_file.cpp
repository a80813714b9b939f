#include "run/failures_file.hpp"

#include "base/file.hpp"

#include <memory>
#include <system_error>
#include <vector>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

Json known(const std::string &text) {
  return text.empty() ? Json() : Json(text);
}

Json failure_record(const SampleEnd &end, const std::string &model, const LineOfRow &line_of) {
  const Failure failure = end.failure.value_or(Failure{});
  const std::optional<std::uint64_t> line = line_of(end.key.row);
  return {{"row", end.key.row},
          {"id", known(end.row_id)},
          {"model", model},
          {"generation", end.key.generation},
          {"outcome", name_of(end.outcome)},
          {"stage", known(failure.stage)},
          {"message", failure.message},
          {"provider_code", known(failure.provider_code)},
          {"http_status", failure.http_status > 0 ? Json(failure.http_status) : Json()},
          {"parameter", known(failure.parameter)},
          {"attempts", end.attempts},
          {"cost", end.cost_micros ? Json(static_cast<double>(*end.cost_micros) / 1e6) : Json()},
          {"prompt", end.prompt},
          {"line", line ? Json(*line) : Json()}};
}

}  // namespace

fs::path failures_file(const fs::path &output_dir) {
  return output_dir / "failures.jsonl";
}

void write_failures(const Ledger &ledger, const fs::path &output_dir, const LineOfRow &line_of) {
  const fs::path path = failures_file(output_dir);
  const std::vector<std::string> models = ledger.models();
  std::unique_ptr<AtomicFile> file;
  ledger.for_each_end([&](const SampleEnd &end) {
    if (end.outcome == Outcome::ok) return;
    if (!file) file = std::make_unique<AtomicFile>(path);
    const std::string model = end.key.model < models.size() ? models[end.key.model] : "";
    file->write(json_line(failure_record(end, model, line_of)) + "\n");
  });
  if (file) return file->commit();
  std::error_code error;
  fs::remove(path, error);
  if (error) throw FileError("remove", path, error.value());
}

}  // namespace pictor::host
