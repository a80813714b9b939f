#include "config/config.hpp"

#include <algorithm>
#include <stdexcept>

namespace pictor::host {

std::string_view name_of(ImageFormat format) {
  switch (format) {
    case ImageFormat::png:
      return "png";
    case ImageFormat::jpeg:
      return "jpeg";
    case ImageFormat::webp:
      return "webp";
  }
  return "png";
}

std::string_view name_of(Variants variants) {
  switch (variants) {
    case Variants::off:
      return "off";
    case Variants::all:
      return "all";
    case Variants::random:
      return "random";
  }
  return "off";
}

const ModelConfig &Config::model(const std::string &name) const {
  const auto found = std::find_if(models.begin(), models.end(),
                                  [&](const ModelConfig &model) { return model.name == name; });
  if (found == models.end()) throw std::out_of_range("no model '" + name + "'");
  return *found;
}

}  // namespace pictor::host
