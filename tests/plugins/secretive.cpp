// Reads a secret and tells what a core dump of its process would meet.
#include <pictor/model.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdint>
#include <vector>

namespace {

using P = pictor::RuntimeParameter;

struct Secretive : pictor::ImageGenerationModel {
  static pictor::ModelInfo info() {
    return {.id = "secretive", .label = "Secretive", .doc = "Reads a secret."};
  }
  static std::vector<P> runtime_parameters() {
    return {P::secret("api_key").load().doc("The secret.")};
  }
  explicit Secretive(const pictor::Params &config) : key_(config.get<std::string>("api_key", "")) {}
  std::string model_name() const override { return "secretive-1"; }

  void generate(std::span<pictor::Request> requests) override {
    if (!key_.empty()) pictor::with_secret(key_, [](std::string_view) {});
    for (pictor::Request &request : requests) {
      struct rlimit limit {};
      getrlimit(RLIMIT_CORE, &limit);
      pictor::Image image = pictor::Image::raw(1, 1, 1, std::vector<std::uint8_t>{128});
      image.extra("dumpable", std::int64_t{prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)});
      image.extra("core_limit", static_cast<std::int64_t>(limit.rlim_cur));
      request.image(0, std::move(image));
    }
  }

 private:
  std::string key_;
};

}  // namespace

PICTOR_PLUGIN("secretive", "1.0.0", "Reads a secret", Secretive);
