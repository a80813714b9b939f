#include "base/error.hpp"
#include "base/nearest_name.hpp"
#include "config/environment.hpp"
#include "config/policy_keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace pictor::host {
namespace {

template <class Value>
void read_optional(const Fields &fields, std::string_view key, std::optional<Value> &target) {
  if (const std::optional<Json> found = fields.value(key)) target = found->get<Value>();
}

RetryAction action_named(const std::string &name) {
  if (name == "retry") return RetryAction::retry;
  return name == "stop" ? RetryAction::stop : RetryAction::skip;
}

Reaction parse_reaction(const Fields &classes, const Key &key) {
  const YamlNode &node = *classes.find(key.spec.id);
  if (node.kind != YamlNode::Kind::map) {
    return {action_named(classes.value(key.spec.id)->get<std::string>())};
  }
  const Fields fields(node, *key.section);
  Reaction reaction{RetryAction::fallback};
  fields.read("fallback", reaction.fallback);
  reaction.place = fields.place("fallback");
  return reaction;
}

void parse_reactions(const YamlNode &node, const Section &section, const std::string &model,
                     bool is_default, RetryConfig &retry) {
  const Fields fields(node, section);
  for (const Key &key : section.keys) {
    if (fields.find(key.spec.id) == nullptr) continue;
    Reaction reaction = parse_reaction(fields, key);
    if (reaction.action == RetryAction::fallback && reaction.fallback == model && is_default) {
      continue;
    }
    retry.on(*outcome_named(key.spec.id)) = std::move(reaction);
  }
}

void parse_backoff(const YamlNode &node, const Section &section, RetryConfig &retry) {
  const Fields fields(node, section);
  fields.read("first", retry.first_backoff);
  fields.read("most", retry.most_backoff);
  if (retry.most_backoff >= retry.first_backoff) return;
  throw Error(point_at(fields.place(fields.find("most") != nullptr ? "most" : "first"),
                       fmt::format("backoff begins with {} s and ends with {} s",
                                   retry.first_backoff, retry.most_backoff)),
              "make most at least as long as first");
}

// Follows the fallbacks of `model`; `way` holds the models that led there, `followed` those that
// lead into no circle.
void follow(const std::vector<ModelConfig> &models, const ModelConfig &model,
            std::vector<std::string> &way, std::set<std::string> &followed) {
  if (followed.contains(model.name)) return;
  way.push_back(model.name);
  for (const Outcome outcome : policy_outcomes) {
    const Reaction &reaction = model.retry.on(outcome);
    if (reaction.action != RetryAction::fallback) continue;
    if (std::find(way.begin(), way.end(), reaction.fallback) != way.end()) {
      throw Error(point_at(reaction.place, fmt::format("fallbacks go round in a circle: {} -> {}",
                                                       fmt::join(way, " -> "), reaction.fallback)),
                  "let one of them end with retry, skip or stop");
    }
    const auto next = std::find_if(models.begin(), models.end(), [&](const ModelConfig &other) {
      return other.name == reaction.fallback;
    });
    follow(models, *next, way, followed);
  }
  way.pop_back();
  followed.insert(model.name);
}

}  // namespace

LimitsConfig parse_limits(const YamlNode &node, const Section &section) {
  const Fields fields(node, section);
  LimitsConfig limits;
  read_optional(fields, "concurrency", limits.concurrency);
  fields.read("adaptive", limits.adaptive);
  read_optional(fields, "requests_per_second", limits.requests_per_second);
  read_optional(fields, "requests_per_minute", limits.requests_per_minute);
  read_optional(fields, "requests_per_day", limits.requests_per_day);
  read_optional(fields, "images_per_minute", limits.images_per_minute);
  read_optional(fields, "tokens_per_minute", limits.tokens_per_minute);
  return limits;
}

void parse_retry(const YamlNode &node, const Section &section, const std::string &model,
                 bool is_default, RetryConfig &retry) {
  const Fields fields(node, section);
  fields.read("attempts", retry.attempts);
  if (const YamlNode *backoff = fields.find("backoff")) {
    parse_backoff(*backoff, *section.find("backoff")->section, retry);
  }
  read_optional(fields, "deadline", retry.deadline);
  if (const auto choice = fields.value("maybe_billed")) {
    retry.redraw_maybe_billed = *choice == "redraw";
  }
  if (const YamlNode *on = fields.find("on")) {
    parse_reactions(*on, *section.find("on")->section, model, is_default, retry);
  }
}

void check_fallbacks(const std::vector<ModelConfig> &models) {
  std::vector<std::string> names;
  for (const ModelConfig &model : models) names.push_back(model.name);
  for (const ModelConfig &model : models) {
    for (const Outcome outcome : policy_outcomes) {
      const Reaction &reaction = model.retry.on(outcome);
      if (reaction.action != RetryAction::fallback) continue;
      if (std::find(names.begin(), names.end(), reaction.fallback) != names.end()) continue;
      throw Error(
          point_at(reaction.place, fmt::format("there is no model '{}'{}", reaction.fallback,
                                               did_you_mean(reaction.fallback, names))),
          fmt::format("the file has: {}", fmt::join(names, ", ")));
    }
  }
  std::vector<std::string> way;
  std::set<std::string> followed;
  for (const ModelConfig &model : models) follow(models, model, way, followed);
}

std::string limits_line(const LimitsConfig &limits) {
  std::vector<std::string> parts;
  const auto add = [&](std::string_view key, const auto &value) {
    if (value) parts.push_back(fmt::format("{}: {}", key, *value));
  };
  add("concurrency", limits.concurrency);
  if (!limits.adaptive) parts.emplace_back("adaptive: false");
  add("requests_per_second", limits.requests_per_second);
  add("requests_per_minute", limits.requests_per_minute);
  add("requests_per_day", limits.requests_per_day);
  add("images_per_minute", limits.images_per_minute);
  add("tokens_per_minute", limits.tokens_per_minute);
  if (parts.empty()) return {};
  return fmt::format("    limits: {{{}}}\n", fmt::join(parts, ", "));
}

std::string retry_lines(const RetryConfig &retry) {
  const RetryConfig silent;
  if (retry == silent) return {};
  std::string lines = fmt::format("    retry:\n      attempts: {}\n", retry.attempts);
  lines += fmt::format("      backoff: {{first: {}, most: {}}}\n", retry.first_backoff,
                       retry.most_backoff);
  if (retry.deadline) lines += fmt::format("      deadline: {}\n", *retry.deadline);
  if (retry.redraw_maybe_billed) lines += "      maybe_billed: redraw\n";
  std::vector<std::string> on;
  for (const Outcome outcome : policy_outcomes) {
    const Reaction &reaction = retry.on(outcome);
    if (reaction == silent.on(outcome)) continue;
    on.push_back(reaction.action == RetryAction::fallback
                     ? fmt::format("{}: {{fallback: \"{}\"}}", name_of(outcome), reaction.fallback)
                     : fmt::format("{}: {}", name_of(outcome), name_of(reaction.action)));
  }
  if (!on.empty()) lines += fmt::format("      on: {{{}}}\n", fmt::join(on, ", "));
  return lines;
}

}  // namespace pictor::host
