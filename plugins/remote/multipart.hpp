#pragma once

#include "remote/http.hpp"

#include <string>
#include <vector>

namespace pictor::remote {

struct Multipart {
  std::string content_type;  // with the boundary
  std::string body;
};

// multipart/form-data (RFC 7578) of the parts, which are taken one after the other: at no time does
// all of it stand in memory twice. Names are escaped as browsers do.
Multipart to_multipart(std::vector<Part> parts);

}  // namespace pictor::remote
