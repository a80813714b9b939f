// reference_draw MODEL CASE: draws what CASE.json asks for with the model in the folder MODEL, and
// compares with CASE.safetensors: its "latents", if it holds some, and its "image". Prints both
// differences; exits 1 when one is too large.

#include "pipelines/pipeline.hpp"
#include "reference_request.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

using namespace pictor;
using diffusion::TextToImageRequest;

// The latents went through every component but the decoder, a few times.
constexpr double kLatentsTolerance = 1e-3;

bool compare(const std::filesystem::path &model, const std::filesystem::path &stem) {
  const test::ReferenceCase reference{stem};
  const auto pipeline = diffusion::load_pipeline(model, {});
  TextToImageRequest request = test::request_of(reference);
  double latents = 0;
  if (reference.has("latents")) {
    request.output_latents = true;
    latents =
        test::relative_error(pipeline->generate(request).latents, reference.tensor("latents"));
    request.output_latents = false;
  }
  const at::Tensor expected = reference.tensor("image");
  const at::Tensor image = pipeline->generate(request).images;
  const bool same_size = image.sizes() == expected.sizes();
  const double share = same_size ? test::share_beyond_one(image, expected) : 1;
  const bool good = latents <= kLatentsTolerance && share <= test::kPictureTolerance;
  std::printf("%-7s %-12s latents %.1e, values beyond 1/255 %.4f%%, %s\n", good ? "ok" : "DIFFERS",
              stem.filename().c_str(), latents, 100 * share,
              reference.json().at("scheduler").at("class_name").get<std::string>().c_str());
  return good;
}

}  // namespace

int main(int count, char **arguments) {
  if (count != 3) {
    std::fprintf(stderr, "usage: reference_draw MODEL CASE\n");
    return 2;
  }
  try {
    return compare(arguments[1], arguments[2]) ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: %s\n", arguments[2], error.what());
    return 2;
  }
}
