#include "model_copy.hpp"

#include "reference_case.hpp"
#include "weights/safetensors.hpp"

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <stdexcept>

namespace pictor::test {
namespace {

constexpr size_t kLengthBytes = 8;

uint64_t header_length(const std::string &bytes) {
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  return length;
}

void write(const std::filesystem::path &path, const std::string &bytes) {
  std::ofstream stream{path, std::ios::binary};
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error{"cannot write " + path.string()};
}

}  // namespace

ModelCopy::ModelCopy() : ModelCopy(tiny_sd15()) {}

ModelCopy::ModelCopy(const std::filesystem::path &model) {
  std::filesystem::copy(model, path(), std::filesystem::copy_options::recursive);
}

void ModelCopy::patch_json(const std::string &name, const nlohmann::json &patch) const {
  nlohmann::json content = nlohmann::json::parse(read_file(*this / name));
  content.merge_patch(patch);
  write(*this / name, content.dump());
}

void ModelCopy::edit_header(const std::string &name,
                            const std::function<void(std::string &header)> &edit) const {
  const std::string bytes = read_file(*this / name);
  const uint64_t length = header_length(bytes);
  std::string header = bytes.substr(kLengthBytes, length);
  edit(header);
  const uint64_t new_length = header.size();
  std::string new_bytes(kLengthBytes, '\0');
  std::memcpy(new_bytes.data(), &new_length, kLengthBytes);
  write(*this / name, new_bytes + header + bytes.substr(kLengthBytes + length));
}

void ModelCopy::spoil_tensor(const std::string &name, const std::string &key) const {
  std::string bytes = read_file(*this / name);
  const size_t begin = diffusion::SafetensorsFile{*this / name}.entries().at(key).begin;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(&bytes[kLengthBytes + header_length(bytes) + begin], &nan, sizeof nan);
  write(*this / name, bytes);
}

}  // namespace pictor::test
