#include "pipelines/refining.hpp"

#include "error.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace pictor::diffusion {
namespace {

constexpr double kShareOfBase = 0.8;

double share_of_base(const TextToImageRequest &request) {
  return request.denoising_end.value_or(kShareOfBase);
}

TextToImageRequest base_request(const TextToImageRequest &request) {
  TextToImageRequest first = request;
  first.denoising_end = share_of_base(request);
  first.size.aesthetic_score.reset();
  first.negative_size.aesthetic_score.reset();
  first.output_latents = true;
  return first;
}

TextToImageRequest refiner_request(const TextToImageRequest &request, double share,
                                   const at::Tensor &latents) {
  TextToImageRequest rest = request;
  rest.width = rest.height = 0;  // as large as the latents
  rest.strength.reset();
  rest.denoising_start = share;
  rest.denoising_end.reset();
  rest.size.target_size.reset();
  rest.negative_size.target_size.reset();
  rest.output_latents = request.output_latents;
  for (size_t i = 0; i < rest.samples.size(); ++i) {
    TextToImageRequest::Sample &sample = rest.samples[i];
    sample.prompt_2.clear();
    sample.negative_prompt_2.clear();
    sample.image = at::Tensor{};
    sample.latents = latents[static_cast<int64_t>(i)];
  }
  return rest;
}

bool reads(const Pipeline &pipeline, std::string_view parameter) {
  const std::vector<std::string_view> &known = pipeline.family().parameters;
  return std::find(known.begin(), known.end(), parameter) != known.end();
}

}  // namespace

void require_refinable(const Pipeline &base, const Pipeline &refiner) {
  if (reads(base, "denoising_end") && reads(refiner, "denoising_start")) return;
  throw Error{
      ErrorKind::invalid_argument,
      "a refiner finishes what Stable Diffusion XL has begun, and is of that family itself; "
      "'model' or 'refiner' is another",
      "refiner"};
}

void check_refined(const Pipeline &base, const TextToImageRequest &request) {
  base.check(base_request(request));
}

TextToImageResult generate_refined(const Pipeline &base, const Pipeline &refiner,
                                   const TextToImageRequest &request,
                                   const RunCallbacks &callbacks) {
  // Counted through both. How many the refiner takes is known only when it begins.
  const int64_t whole = request.num_inference_steps.value_or(base.family().num_inference_steps);
  int64_t taken = 0;
  RunCallbacks of_base = callbacks, of_refiner = callbacks;
  of_base.on_step = [&](int64_t step, int64_t steps) {
    taken = step;
    if (callbacks.on_step) callbacks.on_step(step, std::max(whole, steps));
  };
  of_refiner.on_step = [&](int64_t step, int64_t steps) {
    if (callbacks.on_step) callbacks.on_step(taken + step, taken + steps);
  };
  const TextToImageResult drawn = base.generate(base_request(request), of_base);
  TextToImageResult result =
      refiner.generate(refiner_request(request, share_of_base(request), drawn.latents), of_refiner);
  result.cut_prompts = drawn.cut_prompts;
  return result;
}

}  // namespace pictor::diffusion
