#include "interpreter.hpp"

#include "glue_text.hpp"
#include <pictor/error.hpp>

#include <dlfcn.h>

#include <map>

namespace pictor::python {

namespace py = pybind11;

Interpreter &Interpreter::get() {
  static auto *const one = new Interpreter;
  return *one;
}

namespace {

// Python's own modules are not linked with its library: they find it among the symbols of all.
void show_library_to_all() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<void *>(&Py_InitializeFromConfig), &info) == 0) return;
  dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

// The Python that the plugin was built with, not one that happens to come first on the PATH.
void start() {
  PyConfig config;
  PyConfig_InitPythonConfig(&config);
  config.install_signal_handlers = 0;  // they are the host's
  config.buffered_stdio = 0;           // what is printed is logged at once
  PyStatus status = PyConfig_SetBytesString(&config, &config.program_name, PICTOR_PYTHON_PROGRAM);
  if (!PyStatus_Exception(status)) status = Py_InitializeFromConfig(&config);
  PyConfig_Clear(&config);
  if (PyStatus_Exception(status)) {
    throw Error(Status::not_found,
                std::string("Python does not start: ") + (status.err_msg ? status.err_msg : ""));
  }
}

}  // namespace

Interpreter::Interpreter() {
  show_library_to_all();
  start();
  {
    const py::module_ builtins = py::module_::import("builtins");
    glue_ = py::reinterpret_steal<py::module_>(PyModule_New("pictor_glue"));
    const py::object scope = glue_.attr("__dict__");
    scope["__builtins__"] = builtins;
    const py::object code = builtins.attr("compile")(glue_text, "<pictor>", "exec");
    builtins.attr("exec")(code, scope);
  }
  PyEval_SaveThread();
}

void throw_as_error(py::error_already_set &failure) {
  static const std::map<std::string, Status> statuses = {
      {"resource_exhausted", Status::resource_exhausted},
      {"unavailable", Status::unavailable},
      {"not_found", Status::not_found},
      {"invalid_argument", Status::invalid_argument},
      {"internal", Status::internal}};
  const py::object error = failure.value();
  if (failure.trace()) PyException_SetTraceback(error.ptr(), failure.trace().ptr());
  py::module_ &glue = Interpreter::get().glue();
  const auto kind = glue.attr("kind_of")(error).cast<std::string>();
  throw Error(statuses.at(kind), glue.attr("words_of")(error).cast<std::string>());
}

}  // namespace pictor::python
