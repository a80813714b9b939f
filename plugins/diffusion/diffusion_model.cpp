#include "diffusion_model.hpp"

#include "parameters.hpp"
#include "translated_errors.hpp"
#include "weights/lora_choice.hpp"

#include <filesystem>
#include <system_error>

namespace pictor::diffusion {

class DiffusionModel::Lent {
 public:
  explicit Lent(DiffusionModel &model) : model_(model) {
    std::unique_lock lock{model_.mutex_};
    model_.came_back_.wait(lock, [this] { return !model_.free_.empty(); });
    replica_ = model_.free_.back();
    model_.free_.pop_back();
  }
  ~Lent() {
    {
      const std::lock_guard lock{model_.mutex_};
      model_.free_.push_back(replica_);
    }
    model_.came_back_.notify_one();
  }
  Lent(const Lent &) = delete;
  Lent &operator=(const Lent &) = delete;

  Replica &operator*() const { return *replica_; }

 private:
  DiffusionModel &model_;
  Replica *replica_;
};

ModelInfo DiffusionModel::info() {
  return {.id = "diffusion",
          .label = "Local diffusion",
          .doc =
              "Draws with a Stable Diffusion or FLUX model from a folder in the diffusers layout "
              "or from one file, on the CPU or a GPU: from text, from a picture or into a masked "
              "one. Same seed, same picture as diffusers.",
          .features = {"text-to-image", "image-to-image", "inpainting"},
          .max_batch = 16,
          .deterministic = true};
}

std::vector<RuntimeParameter> DiffusionModel::runtime_parameters() {
  return diffusion_parameters();
}

DiffusionModel::DiffusionModel(const Params &config)
    : settings_{config.get<std::string>("model"),
                config.get<std::string>("refiner"),
                {},
                config.get<std::size_t>("batch_size")},
      device_(config.get<std::string>("device")) {
  LoadOptions &options = settings_.options;
  options.text_encoder_device = config.get<std::string>("text_encoder_device");
  options.dtype = config.get<std::string>("dtype");
  options.quantization = config.get<std::string>("quantization");
  options.variant = config.get<std::string>("variant");
  options.threads = config.get<std::int64_t>("threads");
  options.config = config.get<std::string>("config");
  options.revision = config.get<std::string>("revision");
  if (config.has("loras")) {
    options.loras = translated([&] { return read_loras(config.get<std::string>("loras")); });
  }
  const auto count = config.get<std::size_t>("replicas");
  while (replicas_.size() < count) {
    replicas_.push_back(std::make_unique<Replica>(settings_));
    free_.push_back(replicas_.back().get());
  }
}

void DiffusionModel::load(Loading &loading) {
  const auto count = static_cast<double>(replicas_.size());
  const std::vector<std::string> devices =
      translated([&] { return replica_devices(device_, replicas_.size()); });
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    replicas_[i]->load(
        devices[i],
        [&](double fraction, const std::string &stage) {
          loading.progress((static_cast<double>(i) + fraction) / count, stage);
        },
        [&] { return loading.cancelled(); });
  }
  if (replicas_.front()->pipeline()->placement().device.is_cpu()) warn_of_slow_blas();
}

void DiffusionModel::warn_of_slow_blas() const {
  if (optimised_blas().empty()) {
    log(LogLevel::warning,
        "libtorch found only the reference BLAS, which is about 36 times slower: install "
        "libopenblas0-pthread");
  }
  if (const std::string kernels = outdated_blas_kernels(); !kernels.empty()) {
    log(LogLevel::warning, "OpenBLAS does not know this CPU and computes as on a " + kernels +
                               ", several times slower: set OPENBLAS_CORETYPE=Haswell in the "
                               "environment, or SkylakeX where there is AVX512");
  }
}

void DiffusionModel::unload() {
  for (const auto &replica : replicas_) replica->unload();
}

std::string DiffusionModel::model_name() const {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::path(settings_.model).lexically_normal();
  if (!std::filesystem::exists(path, error)) return settings_.model;  // a repository in the cache
  return (std::filesystem::is_directory(path, error) ? path.filename() : path.stem()).string();
}

ModelInfo DiffusionModel::capacity(ModelInfo info) const {
  info.max_concurrency = static_cast<std::uint32_t>(replicas_.size());
  return info;
}

void DiffusionModel::validate(const Request &request) const {
  replicas_.front()->validate(request);
}

void DiffusionModel::generate(std::span<Request> requests) {
  (*Lent{*this}).generate(requests);
}

}  // namespace pictor::diffusion
