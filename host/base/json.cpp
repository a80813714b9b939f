#include "base/json.hpp"

namespace pictor::host {

std::string json_line(const Json &value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace pictor::host
