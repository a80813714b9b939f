#include "config/yaml_text.hpp"

#include "base/json.hpp"
#include "config/scalar.hpp"

namespace pictor::host {

std::string yaml_text(const std::string &text) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  const bool plain = !text.empty() && text.find_first_not_of(harmless) == std::string::npos &&
                     text[0] != '-' && text[0] != '.' && !(text[0] >= '0' && text[0] <= '9') &&
                     read_plain_scalar(text).is_string() &&
                     explain_plain_scalar(text, ParameterType::boolean).empty();
  return plain ? text : json_line(Json(text));
}

}  // namespace pictor::host
