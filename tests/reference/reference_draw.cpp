// reference_draw MODEL CASE [DEVICE DTYPE]: draws what CASE.json asks for with the model in the
// folder MODEL, and compares with CASE.safetensors: its "latents", if it holds some, and its
// "image". Prints both differences; exits 1 when one is too large. In half precision the latents
// alone count.

#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"

#include <ATen/Context.h>

#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

using namespace pictor;
using diffusion::TextToImageRequest;

// The latents went through every component but the decoder, a few times.
constexpr double kLatentsTolerance = 1e-3;
constexpr double kHalfLatentsTolerance = 0.1;

bool compare(const std::filesystem::path &model, const std::filesystem::path &stem,
             const diffusion::LoadOptions &options) {
  const test::ReferenceCase reference{stem};
  const auto pipeline = diffusion::load_pipeline(model, options);
  TextToImageRequest request = test::request_of(reference);
  double latents = 0;
  if (reference.has("latents")) {
    request.output_latents = true;
    latents = test::relative_error(pipeline->generate(request).latents.cpu(),
                                   reference.tensor("latents"));
    request.output_latents = false;
  }
  const at::Tensor expected = reference.tensor("image");
  const at::Tensor image = pipeline->generate(request).images;
  const bool same_size = image.sizes() == expected.sizes();
  const double share = same_size ? test::share_beyond_one(image, expected) : 1;
  const bool half = pipeline->placement().dtype != at::kFloat;
  const bool good = half ? latents <= kHalfLatentsTolerance
                         : latents <= kLatentsTolerance && share <= test::kPictureTolerance;
  std::printf("%-7s %-12s latents %.1e, values beyond 1/255 %.4f%%, %s\n", good ? "ok" : "DIFFERS",
              stem.filename().c_str(), latents, 100 * share,
              reference.json().at("scheduler").at("class_name").get<std::string>().c_str());
  return good;
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3 && count != 5) {
    std::fprintf(stderr, "usage: reference_draw MODEL CASE [DEVICE DTYPE]\n");
    return 2;
  }
  try {
    diffusion::LoadOptions options;
    if (count == 5) {
      options.device = arguments[3];
      options.dtype = arguments[4];
      // Convolutions on a GPU round to 10 bits otherwise.
      at::globalContext().setAllowTF32CuDNN(false);
    }
    return compare(arguments[1], arguments[2], options) ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: %s\n", arguments[2], error.what());
    return 2;
  }
}
