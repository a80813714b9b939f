#pragma once

#include <string_view>

// The parts of the gallery page, embedded at build time from the files beside this one. `html` has
// the places {{policy}}, {{title}}, {{style}}, {{data}} and {{script}}.
namespace pictor::host::gallery {

extern const std::string_view html, css, js;

}  // namespace pictor::host::gallery
