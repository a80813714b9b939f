#include "diffusion_model.hpp"
#include <pictor/model.hpp>

// A GPU that faults stays broken for its process.
PICTOR_PLUGIN_WITH(",\"isolation\":\"gpu\"", "diffusion", "0.1.0",
                   "Local diffusion through libtorch", pictor::diffusion::DiffusionModel);
