#include "layers/packed_conv.hpp"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <string>
#include <utility>
#include <vector>

namespace pictor::diffusion {
namespace {

// The order is chosen for feature maps of this side; it suits others as well.
constexpr int64_t kUsualSide = 64;

auto find_operator(const char *name) {
  return c10::Dispatcher::singleton().findSchema({name, ""});
}

const auto &pack_operator() {
  static const auto found = find_operator("mkldnn_prepacked::conv2d_prepack");
  return found;
}

const auto &run_operator() {
  static const auto found = find_operator("mkldnn_prepacked::conv2d_run");
  return found;
}

c10::IValue call(const c10::OperatorHandle &operation, std::vector<c10::IValue> stack) {
  operation.callBoxed(&stack);
  return std::move(stack.front());
}

}  // namespace

// In bfloat16 the kernels need instructions that not every CPU has.
bool PackedConv2d::serves(const at::Tensor &weight) {
  return weight.is_cpu() && weight.scalar_type() == at::kFloat && at::hasMKLDNN() &&
         at::globalContext().userEnabledMkldnn() && pack_operator() && run_operator();
}

PackedConv2d::PackedConv2d(const at::Tensor &weight, const at::Tensor &bias, int64_t stride,
                           int64_t padding)
    : context_(call(*pack_operator(),
                    {weight, bias, std::vector<int64_t>{stride, stride},
                     std::vector<int64_t>{padding, padding}, std::vector<int64_t>{1, 1}, int64_t{1},
                     std::vector<int64_t>{1, weight.size(1), kUsualSide, kUsualSide},
                     std::string{"none"}})) {}

at::Tensor PackedConv2d::operator()(const at::Tensor &x) const {
  return call(*run_operator(), {x, context_}).toTensor();
}

}  // namespace pictor::diffusion
