#include "python_model.hpp"

PICTOR_PLUGIN_WITH(",\"isolation\":\"worker\"", "python", "0.1.0",
                   "Draws with a Python class of yours", pictor::python::PythonModel);
