#pragma once

#include "base/outcome.hpp"
#include "base/parameter.hpp"
#include <pictor/abi.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A plugin's pictor_error, copied: texts are valid UTF-8 and of bounded length.
struct PluginError {
  pictor_status status = PICTOR_INTERNAL;
  std::uint32_t flags = 0;
  std::int32_t http_status = 0;
  std::int64_t retry_after_ms = -1;
  std::string message;  // at most 4 KiB
  std::string provider_code;
  std::string provider_request_id;
  std::string param_id;
  std::string details_json;  // a JSON object, or empty
};

// Throws ContractFault for NULL, an impossible size and texts at NULL.
PluginError copy_error(const pictor_error *error);

// "TIMEOUT"; "status 99" for a number that this host does not know.
std::string status_name(pictor_status status);

// What the error means for a sample, or for a model when its load failed. `stage` as in Failure.
// Without a message of its own the failure says that the plugin gave no reason.
Failure to_failure(const PluginError &error, std::string_view stage);
// Of a request. A setting of the whole model at fault stops it: no row can mend that, and all of
// them work once it is mended.
Failure to_failure(const PluginError &error, std::string_view stage,
                   const std::vector<ParameterSpec> &specs);

// A fault of the plugin itself.
Failure plugin_fault(std::string message, std::string_view stage);

}  // namespace pictor::host
