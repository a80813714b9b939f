#pragma once

#include <ATen/ATen.h>
#include <ATen/core/stack.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

// The kernels of oneDNN that libtorch registers as operators, for its own compiler, and has no C++
// functions for that would be the same in each of its versions: a schema is.
namespace pictor::diffusion {

struct OnednnOperator {
  const char *name;
  size_t arguments;  // of the schema that is called
};

// Whether libtorch has all of them, with that many arguments.
bool are_there(std::initializer_list<OnednnOperator> operators);

void call_boxed(const OnednnOperator &op, torch::jit::Stack &stack);

// The operator's result; it must be there.
template <class... Arguments>
at::Tensor call(const OnednnOperator &op, Arguments &&...arguments) {
  torch::jit::Stack stack;
  stack.reserve(sizeof...(arguments));
  (stack.emplace_back(std::forward<Arguments>(arguments)), ...);
  call_boxed(op, stack);
  return std::move(stack.front()).toTensor();
}

// Of height and width.
inline std::vector<int64_t> both(int64_t value) {
  return {value, value};
}

inline c10::IValue or_none(const at::Tensor &tensor) {
  return tensor.defined() ? c10::IValue{tensor} : c10::IValue{};
}

// What follows a product before its result is written. `gelu_tanh` is GELU's tanh approximation.
enum class Activation { none, gelu, gelu_tanh };

// The names for it that the operators know.
struct PostOperation {
  explicit PostOperation(Activation activation)
      : name(activation == Activation::none ? "none" : "gelu"),
        algorithm(activation == Activation::gelu_tanh ? "tanh" : "none") {}

  const char *name;
  const char *algorithm;
  c10::List<c10::optional<at::Scalar>> scalars{};
};

}  // namespace pictor::diffusion
