#pragma once

#include "place.hpp"
#include "remote/http.hpp"
#include <pictor/image.hpp>

namespace pictor::huggingface {

// The picture, if the host keeps its kind (PNG, JPEG, WebP). Throws Error(protocol) otherwise.
Image storable(Image image, const remote::HttpAnswer &answer, bool bills);

// Puts on a picture what came with it: who drew it, ids, times, the limits that the answer tells.
void annotate(Image &image, const Reply &reply, const remote::HttpAnswer &answer,
              const Place &place);

}  // namespace pictor::huggingface
