#include "openai_model.hpp"
#include <pictor/model.hpp>

PICTOR_PLUGIN_WITH(",\"network\":true", "openai", "0.1.0",
                   "The OpenAI Images API and servers that speak it", pictor::openai::OpenAiModel);
