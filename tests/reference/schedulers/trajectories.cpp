#include "trajectories.hpp"

#include "support/temp_dir.hpp"

#include <ATen/ATen.h>

#include <cstring>
#include <stdexcept>

namespace pictor::test {

namespace {

using nlohmann::ordered_json;

const std::string folder = PICTOR_TESTS_DIR "/reference/schedulers/";

const ordered_json &cases() {
  static const ordered_json cases = [] {
    std::string text = read_file(folder + "trajectories.json");
    for (auto at = text.find("-Infinity"); at != std::string::npos; at = text.find("-Infinity")) {
      text.replace(at, std::strlen("-Infinity"), "null");
    }
    return ordered_json::parse(text).at("cases");
  }();
  return cases;
}

// The tensors of a safetensors file that holds float32 alone.
class TensorFile {
 public:
  explicit TensorFile(const std::string &path) : bytes_(read_file(path)) {
    uint64_t header = 0;
    std::memcpy(&header, bytes_.data(), sizeof header);
    data_ = sizeof header + header;
    index_ = nlohmann::json::parse(bytes_.substr(sizeof header, header));
  }

  // Undefined where the file has none of that name.
  at::Tensor find(const std::string &name) const {
    const auto found = index_.find(name);
    if (found == index_.end()) return {};
    if (found->at("dtype") != "F32") throw std::runtime_error(name + " is not float32");
    const auto shape = found->at("shape").get<std::vector<int64_t>>();
    const auto offset = found->at("data_offsets").at(0).get<std::size_t>();
    const at::Tensor tensor = at::empty(shape, at::kFloat);
    const auto size = static_cast<std::size_t>(tensor.numel()) * sizeof(float);
    if (data_ + offset + size > bytes_.size()) throw std::runtime_error(name + " is cut off");
    std::memcpy(tensor.data_ptr<float>(), bytes_.data() + data_ + offset, size);
    return tensor;
  }

 private:
  std::string bytes_;
  std::size_t data_;
  nlohmann::json index_;
};

}  // namespace

std::vector<std::string> trajectory_names() {
  std::vector<std::string> names;
  for (const auto &item : cases().items()) names.push_back(item.key());
  return names;
}

Trajectory load_trajectory(const std::string &name) {
  static const TensorFile file(folder + "trajectories.safetensors");
  const ordered_json &stored = cases().at(name);
  const ordered_json &eta = stored.at("eta");
  const ordered_json &mu = stored.at("mu");
  return {stored.at("scheduler"),
          nlohmann::json::parse(stored.at("config").dump()),
          stored.at("num_inference_steps"),
          stored.at("seed"),
          eta.is_null() ? 0.0 : eta.get<double>(),
          mu.is_null() ? std::optional<double>() : mu.get<double>(),
          stored.at("init_noise_sigma"),
          file.find(name + ".noise"),
          file.find(name + ".timesteps"),
          file.find(name + ".sigmas"),
          file.find(name + ".model_inputs"),
          file.find(name + ".latents")};
}

}  // namespace pictor::test
