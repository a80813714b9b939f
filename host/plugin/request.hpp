#pragma once

#include "plugin/model.hpp"
#include "plugin/values.hpp"
#include <pictor/abi.h>

#include <vector>

namespace pictor::host {

// A row as the ABI wants it, with every byte it points to. Keep it until the request has ended.
class RequestBlock {
 public:
  // Throws ParameterFault when a value cannot be handed over.
  RequestBlock(const std::vector<ParameterSpec> &specs, ModelRequest request);
  RequestBlock(const RequestBlock &) = delete;
  RequestBlock &operator=(const RequestBlock &) = delete;

  const pictor_request &abi() const { return abi_; }

 private:
  ModelRequest request_;
  ParameterBlock parameters_;
  pictor_request abi_{};
};

// The failure of a request that never reached the plugin.
Failure to_failure(const ParameterFault &fault);

}  // namespace pictor::host
