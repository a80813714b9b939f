#pragma once

#include "kind.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::diffusion {

// A scheduler's configuration, read as diffusers reads it: only the keys that the class knows are
// seen, and a key that is absent or null has the class's default. Every getter throws Error
// (invalid_argument, parameter "scheduler_config") naming the class, the key and what it takes.
class SchedulerConfig {
 public:
  // `values` is an object.
  SchedulerConfig(const SchedulerKind &kind, const nlohmann::json &values);

  // Numbers lie in [low, high], and are never NaN.
  double number(std::string_view key, double fallback, double low, double high) const;
  std::optional<double> optional_number(std::string_view key, double low, double high) const;
  int64_t integer(std::string_view key, int64_t fallback, int64_t low, int64_t high) const;
  bool flag(std::string_view key, bool fallback) const;
  std::string text(std::string_view key, std::string_view fallback) const;

  // One of `choices`, by its place among them.
  std::size_t choice(std::string_view key, std::string_view fallback,
                     std::initializer_list<std::string_view> choices) const;

  // A list of finite numbers; empty where the key is absent or null.
  std::vector<double> numbers(std::string_view key) const;

  // For a value that is well formed but wrong, or right but not built.
  [[noreturn]] void reject(std::string_view key, const std::string &why) const;
  [[noreturn]] void not_built(std::string_view key, const std::string &why) const;

 private:
  const nlohmann::json *find(std::string_view key) const;
  std::string place(std::string_view key) const;

  std::string class_name_;
  nlohmann::json values_;
};

}  // namespace pictor::diffusion
