#pragma once

#include "config/config.hpp"
#include "config/fields.hpp"

#include <string>
#include <vector>

namespace pictor::host {

LimitsConfig parse_limits(const YamlNode &node, const Section &section);

// Lays what is written under a `retry` key over `retry`. A fallback to `model` itself is an Error
// at its place; in the job's defaults, which reach every model, it is passed over.
void parse_retry(const YamlNode &node, const Section &section, const std::string &model,
                 bool is_default, RetryConfig &retry);

// Throws Error at the place of a fallback that names no model, or closes a circle.
void check_fallbacks(const std::vector<ModelConfig> &models);

// The lines of a resolved job for one model; empty where it says what a silent file means.
std::string limits_line(const LimitsConfig &limits);
std::string retry_lines(const RetryConfig &retry);

}  // namespace pictor::host
