#include "fuzz/random_value.hpp"

#include "check/sample_values.hpp"
#include "fuzz/script.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace pictor::host::fuzz {

namespace {

using namespace std::string_literals;

constexpr double most_of_costly = 96;  // pixels of a side, steps
constexpr double most_without_bound = 1000;
constexpr std::size_t most_entries = 4;

const std::vector<std::string> &texts() {
  static const std::vector<std::string> all = {
      "a red fox in the snow",
      "",
      " ",
      "a red\0fox"s,
      "a red fox\r\n\n\tin the snow",
      "ثعلب أحمر في الثلج",
      "🦊❄️👩‍👩‍👧",
      "%s%n{}{0}\\x",
      "\"quoted\", 'twice' \\ <b>&amp;</b> ${HOME} `id`",
      "(fox:1.3) [snow] <lora:x:0.5> BREAK",
      "\xEF\xBF\xBD\xEF\xBB\xBF",
      "e\xCC\x81\xCC\x81\xCC\x81 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A",
      "-1",
      "null",
  };
  return all;
}

double random_number(const ParameterSpec &spec, Random &random) {
  const double low = spec.minimum.value_or(0);
  double high = spec.maximum.value_or(std::max(low, 0.0) + most_without_bound);
  if (check::is_costly(spec)) high = std::min(high, std::max(low, most_of_costly));
  if (random.chance(25)) return random.chance(50) ? low : high;
  return low + random.fraction() * (high - low);
}

Json whole_number(const ParameterSpec &spec, Random &random) {
  double value = std::floor(random_number(spec, random));
  if (spec.step != 0) value = std::floor(value / spec.step) * spec.step;
  return static_cast<std::int64_t>(std::clamp(value, -0x1p62, 0x1p62));
}

Json random_json(Random &random) {
  const std::vector<Json> all = {Json::object(), Json::array(), Json(nullptr), Json(1),
                                 Json{{"a", Json::array({1, "b", nullptr})}}};
  return random.among(all);
}

template <class Make>
Json list_of(Random &random, Make make) {
  Json list = Json::array();
  for (std::uint64_t i = 1 + random.below(most_entries); i > 0; --i) list.push_back(make());
  return list;
}

std::optional<Json> unchecked_value(const ParameterSpec &spec, Random &random) {
  switch (spec.type) {
    case ParameterType::boolean:
      return Json(random.chance(50));
    case ParameterType::integer:
      return whole_number(spec, random);
    case ParameterType::number:
      return Json(random_number(spec, random));
    case ParameterType::seed:
      return Json(random.chance(20) ? UINT64_MAX : random.next());
    case ParameterType::string:
      return Json(random_text(random));
    case ParameterType::choice:
      return Json(random.among(spec.choices).value);
    case ParameterType::json:
      return random_json(random);
    case ParameterType::string_list:
      return list_of(random, [&] { return Json(random_text(random)); });
    case ParameterType::number_list:
      return list_of(random, [&] { return Json(random_number(spec, random)); });
    case ParameterType::image:
      return Json(any_picture);
    case ParameterType::image_list:
      return list_of(random, [] { return Json(any_picture); });
    case ParameterType::path:
    case ParameterType::secret:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string random_text(Random &random) {
  return random.chance(40) ? texts().front() : random.among(texts());
}

std::optional<Json> random_value(const ParameterSpec &spec, Random &random) {
  const auto value = unchecked_value(spec, random);
  if (!value || is_picture(spec.type)) return value;
  const auto checked = check_value(spec, *value, false);
  const auto *allowed = std::get_if<Json>(&checked);
  return allowed == nullptr ? std::nullopt : std::optional(*allowed);
}

}  // namespace pictor::host::fuzz
