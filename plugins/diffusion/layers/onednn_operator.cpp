#include "layers/onednn_operator.hpp"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

namespace pictor::diffusion {

bool are_there(std::initializer_list<OnednnOperator> operators) {
  return std::all_of(operators.begin(), operators.end(), [](const OnednnOperator &op) {
    const auto found = c10::Dispatcher::singleton().findSchema({op.name, ""});
    return found && found->schema().arguments().size() == op.arguments;
  });
}

void call_boxed(const OnednnOperator &op, torch::jit::Stack &stack) {
  c10::Dispatcher::singleton().findSchemaOrThrow(op.name, "").callBoxed(stack);
}

}  // namespace pictor::diffusion
