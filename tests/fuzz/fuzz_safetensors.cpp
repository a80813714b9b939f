// A safetensors file: as weights, as a whole model in one file and as a LoRA. The input is two
// bytes with the size of the data, then the header; the data is zeros.
#include "error.hpp"
#include "memory_file.hpp"
#include "weights/lora.hpp"
#include "weights/single_file.hpp"
#include "weights/weights.hpp"

#include <cstdint>
#include <cstdlib>

using namespace pictor::diffusion;

namespace {

std::string file_of(const uint8_t *input, size_t size) {
  const size_t data_bytes = input[0] + 256 * size_t{input[1]};
  const size_t header_bytes = size - 2;
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(uint64_t{header_bytes} >> (8 * i) & 0xFF);
  file.append(reinterpret_cast<const char *>(input) + 2, header_bytes);
  return file + std::string(data_bytes, '\0');
}

template <class Read>
void attempt(const Read &read) {
  try {
    read();
  } catch (const Error &) {
    // refused in words: what is wanted of bad files
  }
}

// Reads every tensor, as if a layer had asked for it in its shape: as it is stored, and to be
// packed.
void read_all(const WeightTable &table) {
  WeightOptions options;
  options.dtype = at::kBFloat16;
  Weights weights{table, options};
  for (const auto &[key, tensor] : table.tensors) {
    const std::vector<int64_t> shape = tensor.shape();
    if (tensor.read().sizes() != at::IntArrayRef{shape}) std::abort();
    attempt([&, &key = key] {
      if (weights.take({key}, shape, {at::MemoryFormat::Contiguous, true}).sizes() != shape) {
        std::abort();
      }
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  if (size < 2) return -1;
  const pictor::test::MemoryFile memory{file_of(input, size)};
  attempt([&] {
    const SafetensorsFile file{memory.path()};
    for (const auto &[name, entry] : file.entries()) file.read(entry);
  });
  attempt([&] {
    const SingleFile file{memory.path()};
    for (const char *name : {"unet", "vae", "text_encoder", "text_encoder_2"}) {
      attempt([&] { read_all(file.component(name)); });
    }
  });
  attempt([&] {
    LoraSet loras{{{"x", memory.path(), 0.5}}};
    const auto file = std::make_shared<const SafetensorsFile>(memory.path());
    WeightTable table;
    for (const auto &[name, entry] : file->entries())
      table.tensors[name] = StoredTensor{file, entry};
    table.tensors["conv_in.weight"] = StoredTensor{file, TensorEntry{at::kFloat, {3, 2}, 0, 0}};
    loras.attach("unet", table);
    loras.addition("unet", "conv_in.weight");
    loras.finish();
  });
  return 0;
}
