#include "tensor_file.hpp"

#include "weights/safetensors.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>

namespace pictor::test {
namespace {

const std::map<at::ScalarType, std::string> kNames{
    {at::kLong, "I64"}, {at::kFloat, "F32"}, {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}};

}  // namespace

std::string safetensors_of(const NamedTensors &tensors,
                           const std::map<std::string, std::string> &metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto &[name, given] : tensors) {
    const at::Tensor tensor = given.contiguous();
    const size_t begin = data.size();
    data.append(static_cast<const char *>(tensor.data_ptr()), tensor.nbytes());
    header[name] = {{"dtype", kNames.at(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  const std::string text = header.dump();
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(uint64_t{text.size()} >> (8 * i) & 0xFF);
  return bytes + text + data;
}

NamedTensors tensors_of(const std::filesystem::path &path) {
  const diffusion::SafetensorsFile file{path};
  NamedTensors tensors;
  for (const auto &[name, entry] : file.entries()) tensors[name] = file.read(entry);
  return tensors;
}

}  // namespace pictor::test
