#pragma once

#include <pybind11/embed.h>

#include <string>

namespace pictor::python {

// The process's one Python. Started by the first call and never ended: threads of the user's
// libraries may outlive every model. Nothing holds its lock between two calls of the plugin.
class Interpreter {
 public:
  static Interpreter &get();

  // The module glue.py. With Python's lock.
  pybind11::module_ &glue() { return glue_; }

 private:
  Interpreter();
  pybind11::module_ glue_;
};

// What a Python exception means for the host. With Python's lock.
[[noreturn]] void throw_as_error(pybind11::error_already_set &failure);

}  // namespace pictor::python
