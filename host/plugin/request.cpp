#include "plugin/request.hpp"

namespace pictor::host {

RequestBlock::RequestBlock(const std::vector<ParameterSpec> &specs, ModelRequest request)
    : request_(std::move(request)),
      parameters_(specs, ParameterScope::request, request_.parameters) {
  abi_.struct_size = sizeof abi_;
  abi_.image_count = static_cast<std::uint32_t>(request_.seeds.size());
  abi_.seeds = request_.seeds.data();
  abi_.prompt = to_abi(request_.prompt);
  abi_.params = parameters_.data();
  abi_.param_count = parameters_.size();
  abi_.checkpoint = to_abi(request_.checkpoint);
  abi_.trace_id = to_abi(request_.trace_id);
  abi_.timeout_ms = request_.timeout_ms;
}

Failure to_failure(const ParameterFault &fault) {
  Failure failure;
  failure.outcome = Outcome::invalid;
  failure.stage = "row";
  failure.message = fault.what();
  failure.parameter = fault.parameter();
  return failure;
}

}  // namespace pictor::host
