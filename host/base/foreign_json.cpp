#include "base/foreign_json.hpp"

namespace pictor::host {

std::optional<Json> parse_foreign_json(std::string_view text) {
  bool too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t event, Json &) {
    const bool opens =
        event == Json::parse_event_t::array_start || event == Json::parse_event_t::object_start;
    too_deep = too_deep || (opens && depth >= deepest_json);
    return !too_deep;  // what is left out is not built up
  };
  Json json = Json::parse(text, watch, false);
  if (too_deep || json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace pictor::host
