#include "cli/whole_number.hpp"

#include <fmt/core.h>

#include <charconv>
#include <string>

namespace pictor::host {

CLI::Validator whole_number(std::uint64_t minimum, std::uint64_t maximum) {
  return CLI::Validator(
      [=](std::string &text) {
        std::uint64_t value = 0;
        const char *end = text.data() + text.size();
        const auto [rest, problem] = std::from_chars(text.data(), end, value);
        const bool fits =
            problem == std::errc() && rest == end && value >= minimum && value <= maximum;
        return fits ? std::string()
                    : fmt::format("'{}' is not a whole number from {} to {}", text, minimum,
                                  maximum);
      },
      "");
}

}  // namespace pictor::host
