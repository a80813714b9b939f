#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <string>

namespace pictor::host {

// Parameter values, metadata and events. Ordered: files we write keep the order in which we wrote
// them.
using Json = nlohmann::ordered_json;

// Parameter values by id, each already checked and brought to its ParameterSpec's type.
using Parameters = std::map<std::string, Json>;

// On one line; what is no UTF-8 becomes U+FFFD. Not inline: nlohmann's writer takes longer to
// compile than most files that need it.
std::string json_line(const Json &value);

}  // namespace pictor::host
