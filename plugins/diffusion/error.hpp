#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace pictor::diffusion {

// What the caller can do about a failure.
enum class ErrorKind {
  invalid_argument,    // a value of the request or of a configuration is wrong: change it
  not_found,           // a file, a model or a name does not exist
  unsupported,         // valid elsewhere, but not built here
  resource_exhausted,  // out of memory or of another limit: ask for less
  device_lost,         // the device computes no more for this process: start it again
  internal,            // a defect of this plugin
};

// The only exception that the plugin throws on purpose. what() is one sentence or two for the user:
// the mistake, where it is, the next step.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string &message, std::string parameter = {})
      : std::runtime_error(message), kind_(kind), parameter_(std::move(parameter)) {}

  ErrorKind kind() const { return kind_; }

  // The id of the parameter at fault, such as "num_inference_steps"; empty where there is none.
  const std::string &parameter() const { return parameter_; }

 private:
  ErrorKind kind_;
  std::string parameter_;
};

}  // namespace pictor::diffusion
