#include "reference_case.hpp"

#include "weights/json_file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pictor::test {
namespace {

std::filesystem::path with_extension(std::filesystem::path stem, const char *extension) {
  return stem += extension;
}

std::filesystem::path reference_folder() {
  return std::filesystem::path{PICTOR_TESTS_DIR} / "reference";
}

void add_cases(std::vector<ModelCase> &cases, const std::filesystem::path &model,
               const std::filesystem::path &folder, const std::vector<std::string> &names) {
  for (const std::string &name : names) {
    cases.push_back({model, folder / name, model.filename().string() + "/" + name});
  }
}

}  // namespace

ReferenceCase::ReferenceCase(const std::filesystem::path &stem)
    : json_(diffusion::JsonFile{with_extension(stem, ".json")}.root()),
      tensors_(with_extension(stem, ".safetensors")) {}

at::Tensor ReferenceCase::tensor(const std::string &name) const {
  return tensors_.read(tensors_.entries().at(name));
}

std::filesystem::path tiny_sd15() {
  return reference_folder() / "tiny-sd15";
}
std::filesystem::path tiny_sd21() {
  return reference_folder() / "tiny-sd21";
}
std::filesystem::path tiny_sd3() {
  return reference_folder() / "tiny-sd3";
}
std::filesystem::path tiny_flux_dev() {
  return reference_folder() / "tiny-flux-dev";
}
std::filesystem::path tiny_flux_schnell() {
  return reference_folder() / "tiny-flux-schnell";
}
std::filesystem::path tiny_sdxl() {
  return reference_folder() / "tiny-sdxl";
}
std::filesystem::path emoji() {
  return std::filesystem::path{PICTOR_SOURCE_DIR} / "plugins/diffusion/models/emoji";
}

std::vector<ModelCase> text_to_image_cases() {
  std::vector<ModelCase> cases;
  add_cases(cases, tiny_sd15(), tiny_sd15() / "reference",
            {"default_pndm", "euler_ancestral", "euler_two_images_wide",
             "ddim_no_guidance_long_prompt", "dpmpp_2m_karras_clip_skip"});
  add_cases(cases, tiny_sd21(), tiny_sd21() / "reference",
            {"default_ddim_v", "euler_v_zero_snr_rescale"});
  add_cases(cases, tiny_sdxl(), tiny_sdxl() / "reference",
            {"default_euler", "dpmpp_2m_karras_no_negative", "turbo_like_one_step"});
  add_cases(cases, emoji(), reference_folder() / "emoji",
            {"default_ddim", "euler", "dpmpp_2m_two_images"});
  return cases;
}

std::vector<ModelCase> image_cases() {
  std::vector<ModelCase> cases;
  add_cases(cases, tiny_sd15(), tiny_sd15() / "reference", {"img2img_ddim", "inpaint_ddim"});
  return cases;
}

double psnr(const at::Tensor &a, const at::Tensor &b) {
  const double error = (a.to(at::kDouble) - b.to(at::kDouble)).pow(2).mean().item<double>();
  return 10 * std::log10(255.0 * 255.0 / std::max(error, 1e-9));
}

double relative_error(const at::Tensor &actual, const at::Tensor &expected) {
  if (actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor a = actual.to(at::kDouble), b = expected.to(at::kDouble);
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

}  // namespace pictor::test
