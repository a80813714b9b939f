#pragma once

#include "base/outcome.hpp"
#include "plugin/model.hpp"
#include "run/painter.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace pictor::host {

// What is told while one request is drawn; from any thread, never two at once.
struct DrawListener {
  std::function<void(const std::string &text)> progress;  // "step 3 of 20"
  // What it throws ends the drawing and comes out of draw_once().
  std::function<void(std::uint32_t index, const Picture &, const PictureMeta &)> picture;
};

// Loads the model and draws one request; returns why it ended before all pictures were there.
// Ctrl-C asks the model to end early, a second one waits for it no longer: throws Error with the
// exit code of an interrupt.
std::optional<Failure> draw_once(Painter &painter, ModelRequest request,
                                 const DrawListener &listener);

}  // namespace pictor::host
