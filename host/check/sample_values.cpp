#include "check/sample_values.hpp"

#include "output/encode.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>

namespace pictor::host::check {

namespace {

// What drawing costs grows with these.
struct Cheap {
  std::string_view id;
  double value;
};
constexpr std::array<Cheap, 3> cheap = {
    {{"width", 64}, {"height", 64}, {"num_inference_steps", 2}}};

// Brings a number into the spec's range and onto its step.
double fitted(const ParameterSpec &spec, double wanted) {
  const double unit = spec.type == ParameterType::number ? 1e-3 : 1;
  double low = spec.minimum.value_or(wanted), high = spec.maximum.value_or(wanted);
  if (spec.exclusive_minimum) low += unit;
  if (spec.exclusive_maximum) high -= unit;
  double value = std::max(std::min(wanted, std::max(high, low)), low);
  if (spec.step != 0) value = std::ceil(value / spec.step) * spec.step;
  return value;
}

Json number(const ParameterSpec &spec, double value) {
  if (spec.type == ParameterType::number) return value;
  if (spec.type == ParameterType::seed) return static_cast<std::uint64_t>(value);
  return static_cast<std::int64_t>(value);
}

// A small picture as a file, under a path that only this process can read.
std::optional<Json> make_picture_file() {
  Picture picture;
  picture.size = picture.width = picture.height = 8;
  picture.channels = 1;
  picture.data = std::make_shared<std::uint8_t>(std::uint8_t{128});
  picture.size = 1;  // strides of zero: one sample, many times
  const auto encoded = encode_picture(picture, {}, {});
  const int file = memfd_create("picture", MFD_CLOEXEC);
  if (file < 0 || !std::holds_alternative<std::string>(encoded)) return std::nullopt;
  const auto &bytes = std::get<std::string>(encoded);
  if (write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
    return std::nullopt;
  }
  return fmt::format("/proc/self/fd/{}", file);
}

std::optional<Json> picture_file() {
  static const std::optional<Json> only = make_picture_file();
  return only;
}

Json given_value(const ParameterSpec &spec, const std::string &text) {
  const auto checked = check_value(spec, Json(text), true);
  if (const auto *wrong = std::get_if<ValueError>(&checked)) throw Mistake{wrong->message};
  return std::get<Json>(checked);
}

std::optional<Json> own_value(const ParameterSpec &spec) {
  if (!spec.env.empty()) {
    // A secret's value is the name of the variable.
    const char *text = std::getenv(spec.env.c_str());
    if (text != nullptr && *text != '\0') {
      return spec.type == ParameterType::secret ? Json(spec.env) : given_value(spec, text);
    }
  }
  if (spec.scope == ParameterScope::request) {
    const auto found = std::find_if(cheap.begin(), cheap.end(),
                                    [&](const Cheap &each) { return each.id == spec.id; });
    if (found != cheap.end() && (spec.default_value || spec.required)) {
      return number(spec, fitted(spec, found->value));
    }
  }
  return spec.default_value;
}

}  // namespace

bool is_costly(const ParameterSpec &spec) {
  return spec.affects_cost || std::any_of(cheap.begin(), cheap.end(),
                                          [&](const Cheap &each) { return each.id == spec.id; });
}

std::optional<Json> smallest_value(const ParameterSpec &spec) {
  switch (spec.type) {
    case ParameterType::boolean:
      return Json(false);
    case ParameterType::integer:
    case ParameterType::number:
    case ParameterType::seed:
      return number(spec, fitted(spec, spec.minimum.value_or(0)));
    case ParameterType::string:
      return Json("a");
    case ParameterType::choice:
      return Json(spec.choices.front().value);
    case ParameterType::json:
      return Json::object();
    case ParameterType::string_list:
      return Json::array({"a"});
    case ParameterType::number_list:
      return Json::array({fitted(spec, spec.minimum.value_or(0))});
    case ParameterType::image:
      return picture_file();
    case ParameterType::image_list: {
      const auto file = picture_file();
      return file ? std::optional<Json>(Json::array({*file})) : std::nullopt;
    }
    case ParameterType::path:
    case ParameterType::secret:
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Json> largest_value(const ParameterSpec &spec) {
  switch (spec.type) {
    case ParameterType::boolean:
      return Json(true);
    case ParameterType::integer:
    case ParameterType::number: {
      if (!spec.maximum) return std::nullopt;
      double value = *spec.maximum;
      if (spec.exclusive_maximum) value -= spec.type == ParameterType::number ? 1e-3 : 1;
      if (spec.step != 0) value = std::floor(value / spec.step) * spec.step;
      return number(spec, value);
    }
    case ParameterType::choice:
      return Json(spec.choices.back().value);
    default:
      return std::nullopt;
  }
}

Parameters sample_values(const Subject &subject, const std::vector<ParameterSpec> &specs,
                         ParameterScope scope) {
  Parameters values;
  for (const ParameterSpec &spec : specs) {
    if (spec.scope != scope) continue;
    const auto given = subject.parameters.find(spec.id);
    std::optional<Json> value;
    if (given != subject.parameters.end()) {
      value = given_value(spec, given->second);
    } else {
      value = own_value(spec);
    }
    if (!value && spec.required && scope == ParameterScope::request) value = smallest_value(spec);
    if (!value && spec.required) {
      throw Skip{fmt::format("it needs '{}': give it with --param {}=...", spec.id, spec.id)};
    }
    if (value) values[spec.id] = *value;
  }
  return values;
}

}  // namespace pictor::host::check
