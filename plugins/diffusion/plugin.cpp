#include "diffusion_model.hpp"
#include <pictor/model.hpp>

PICTOR_PLUGIN("diffusion", "0.1.0", "Local diffusion through libtorch",
              pictor::diffusion::DiffusionModel);
