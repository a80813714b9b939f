#include "template_model.hpp"

using P = pictor::RuntimeParameter;

pictor::ModelInfo TemplateModel::info() {
  return {.id = "template",
          .label = "Test pictures",
          .doc = "Draws a gradient whose colours follow from the prompt and the seed.",
          .max_concurrency = 0,
          .deterministic = true};
}

std::vector<pictor::RuntimeParameter> TemplateModel::runtime_parameters() {
  return {
      P::integer("width").doc("Width of the picture.").unit("px").range(1, 4096).default_value(64),
      P::integer("height")
          .doc("Height of the picture.")
          .unit("px")
          .range(1, 4096)
          .default_value(64),
  };
}

TemplateModel::TemplateModel(const pictor::Params &) {}

namespace {

// The 64-bit FNV-1a hash of the prompt, started from the seed.
std::uint64_t colour_of(std::string_view prompt, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed;
  for (const unsigned char c : prompt) hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

pictor::Image draw(std::uint64_t colour, std::uint32_t width, std::uint32_t height) {
  std::vector<std::uint8_t> rgb;
  rgb.reserve(std::size_t{3} * width * height);
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      rgb.push_back(static_cast<std::uint8_t>(colour + 256ull * x / width));
      rgb.push_back(static_cast<std::uint8_t>((colour >> 8) + 256ull * y / height));
      rgb.push_back(static_cast<std::uint8_t>((colour >> 16) + x + y));
    }
  }
  return pictor::Image::raw(width, height, 3, std::move(rgb));
}

}  // namespace

void TemplateModel::generate(std::span<pictor::Request> requests) {
  for (pictor::Request &request : requests) {
    const auto width = request.generation_kwargs().get<std::uint32_t>("width");
    const auto height = request.generation_kwargs().get<std::uint32_t>("height");
    for (std::uint32_t k = 0; k < request.num_generations(); ++k) {
      if (request.cancelled()) throw pictor::Error(pictor::Status::cancelled, "stopped");
      request.image(k, draw(colour_of(request.prompt(), request.seed(k)), width, height));
    }
  }
}
