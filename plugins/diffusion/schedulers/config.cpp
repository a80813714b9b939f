#include "config.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace pictor::diffusion {

namespace {

// A number as messages show it: 5 and not 5.000000.
std::string shown(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

}  // namespace

SchedulerConfig::SchedulerConfig(const SchedulerKind &kind, const nlohmann::json &values)
    : class_name_(kind.class_name), values_(nlohmann::json::object()) {
  for (const std::string_view name : kind.keys) {
    const std::string key{name};
    const auto found = values.find(key);
    if (found != values.end() && !found->is_null()) values_[key] = *found;
  }
}

double SchedulerConfig::number(std::string_view key, double fallback, double low,
                               double high) const {
  return optional_number(key, low, high).value_or(fallback);
}

std::optional<double> SchedulerConfig::optional_number(std::string_view key, double low,
                                                       double high) const {
  const nlohmann::json *value = find(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) reject(key, "must be a number");
  const double number = value->get<double>();
  if (std::isnan(number) || number < low || number > high) {
    reject(key, "must lie between " + shown(low) + " and " + shown(high));
  }
  return number;
}

int64_t SchedulerConfig::integer(std::string_view key, int64_t fallback, int64_t low,
                                 int64_t high) const {
  const double number = this->number(key, static_cast<double>(fallback), static_cast<double>(low),
                                     static_cast<double>(high));
  if (number != std::floor(number)) reject(key, "must be a whole number");
  return static_cast<int64_t>(number);
}

bool SchedulerConfig::flag(std::string_view key, bool fallback) const {
  const nlohmann::json *value = find(key);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) reject(key, "must be true or false");
  return value->get<bool>();
}

std::string SchedulerConfig::text(std::string_view key, std::string_view fallback) const {
  const nlohmann::json *value = find(key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) reject(key, "must be text");
  return value->get<std::string>();
}

std::size_t SchedulerConfig::choice(std::string_view key, std::string_view fallback,
                                    std::initializer_list<std::string_view> choices) const {
  const std::string chosen = text(key, fallback);
  const auto found = std::find(choices.begin(), choices.end(), chosen);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  std::string list;
  for (const std::string_view choice : choices) {
    list += (list.empty() ? "" : ", ") + std::string(choice);
  }
  reject(key, "must be one of: " + list);
}

std::vector<double> SchedulerConfig::numbers(std::string_view key) const {
  const nlohmann::json *value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) reject(key, "must be a list of numbers");
  std::vector<double> numbers;
  numbers.reserve(value->size());
  for (const nlohmann::json &item : *value) {
    if (!item.is_number() || !std::isfinite(item.get<double>())) {
      reject(key, "must hold finite numbers only; item " + std::to_string(numbers.size()) +
                      " is something else");
    }
    numbers.push_back(item.get<double>());
  }
  return numbers;
}

void SchedulerConfig::reject(std::string_view key, const std::string &why) const {
  throw Error(ErrorKind::invalid_argument, place(key) + ": " + why, "scheduler_config");
}

void SchedulerConfig::not_built(std::string_view key, const std::string &why) const {
  throw Error(ErrorKind::unsupported, place(key) + ": " + why, "scheduler_config");
}

const nlohmann::json *SchedulerConfig::find(std::string_view key) const {
  const auto found = values_.find(std::string(key));
  return found == values_.end() ? nullptr : &*found;
}

std::string SchedulerConfig::place(std::string_view key) const {
  constexpr std::size_t longest = 60;
  const nlohmann::json *value = find(key);
  if (value == nullptr) return class_name_ + "'s " + std::string(key);
  std::string given = value->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (given.size() > longest) given = given.substr(0, longest) + "...";
  return class_name_ + "'s " + std::string(key) + " = " + given;
}

}  // namespace pictor::diffusion
