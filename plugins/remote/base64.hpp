#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::remote {

// RFC 4648 with or without padding, line breaks allowed, a `data:...;base64,` prefix skipped.
// Nothing when it is not base64.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);
std::string to_base64(std::string_view bytes);

}  // namespace pictor::remote
