// A plugin through the SDK whose model throws while it draws: a failure of its samples, never of
// the host.
#include <pictor/model.hpp>

#include <stdexcept>

namespace {

class Thrower : public pictor::ImageGenerationModel {
 public:
  static pictor::ModelInfo info() {
    return {.id = "throws", .label = "Throws", .doc = "Throws while it draws."};
  }
  static std::vector<pictor::RuntimeParameter> runtime_parameters() { return {}; }
  explicit Thrower(const pictor::Params &) {}
  std::string model_name() const override { return "throws-1"; }
  void generate(std::span<pictor::Request>) override {
    throw std::runtime_error("the brush broke");
  }
};

}  // namespace

PICTOR_PLUGIN("throws", "1.0.0", "Throws", Thrower);
