#include "template_model.hpp"

PICTOR_PLUGIN("template", "1.0.0", "Test pictures without a model", TemplateModel);
