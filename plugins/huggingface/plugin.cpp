#include "huggingface_model.hpp"
#include <pictor/model.hpp>

PICTOR_PLUGIN_WITH(",\"network\":true", "huggingface", "0.1.0",
                   "Hugging Face Inference Providers and dedicated endpoints",
                   pictor::huggingface::HuggingFaceModel);
