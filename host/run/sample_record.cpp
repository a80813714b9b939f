#include "run/sample_record.hpp"

#include "plan/rate_report.hpp"

namespace pictor::host {

namespace {

void add(Json &record, const std::string &name, const Json &value) {
  const bool says_nothing = value.is_null() || (value.is_string() && value.empty());
  if (!says_nothing && !record.contains(name)) record[name] = value;
}

void add_text(Json &record, const std::string &name, const std::string &text) {
  if (!text.empty()) add(record, name, text);
}

void add_parameters(Json &record, const Request &request) {
  for (const auto &[id, value] : request.asked.parameters) add(record, id, value);
}

void add_meta(Json &record, const PictureMeta &meta) {
  add_text(record, "revised_prompt", meta.revised_prompt);
  add_text(record, "finish_reason", meta.finish_reason);
  add_text(record, "model_version", meta.model_version);
  add_text(record, "provider_request_id", meta.provider_request_id);
  if (meta.cost_micros) {
    add(record, "cost", static_cast<double>(*meta.cost_micros) / 1e6);
    add_text(record, "cost_currency", meta.cost_currency);
    if (meta.cost_is_estimate) add(record, "cost_is_estimate", true);
  }
  for (const auto &[name, value] : meta.extra.items()) {
    if (!is_rate_report(name)) add(record, name, value);
  }
}

}  // namespace

std::optional<std::uint64_t> sample_seed_of(const Request &request, std::uint32_t index,
                                            const PictureMeta *meta) {
  if (meta != nullptr && meta->seed) return meta->seed;
  if (request.ignores_seed) return std::nullopt;
  return request.asked.seeds[index];
}

std::optional<std::int64_t> sample_cost_of(const PictureMeta *meta) {
  if (meta == nullptr) return std::nullopt;
  const bool dollars = meta->cost_currency.empty() || meta->cost_currency == "USD";
  return dollars ? meta->cost_micros : std::nullopt;
}

Json sample_record(const Request &request, std::uint32_t index, const PictureMeta *meta) {
  Json record = Json::object();
  record["text"] = request.row.prompt;
  const auto negative = request.asked.parameters.find("negative_prompt");
  if (negative != request.asked.parameters.end()) add(record, "negative_prompt", negative->second);
  if (const auto seed = sample_seed_of(request, index, meta)) record["seed"] = *seed;
  // The picture's own size comes later; these are their places among the columns.
  record["width"] = nullptr;
  record["height"] = nullptr;
  record["model"] = request.model->name;
  if (request.fallback_for != nullptr) record["fallback_for"] = request.fallback_for->name;
  add_text(record, "model_name", request.model_name);
  add_text(record, "plugin", request.model->plugin);
  add_text(record, "plugin_version", request.model->plugin_version);
  add_parameters(record, request);
  if (meta != nullptr) add_meta(record, *meta);
  add_text(record, "id", request.row.id);
  for (const auto &[name, value] : request.row.columns.items()) add(record, name, value);
  return record;
}

}  // namespace pictor::host
