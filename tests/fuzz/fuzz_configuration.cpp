// A JSON file: as a UNet's configuration, and as a user's list of LoRAs.
#include "denoisers/unet_config.hpp"
#include "error.hpp"
#include "memory_file.hpp"
#include "weights/lora_choice.hpp"

#include <cstdint>
#include <string>

using namespace pictor::diffusion;

namespace {

template <class Read>
void attempt(const Read &read) {
  try {
    read();
  } catch (const Error &) {
    // refused in words: what is wanted of bad files
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size) {
  const std::string text{reinterpret_cast<const char *>(input), size};
  const pictor::test::MemoryFile memory{text};
  attempt([&] { read_unet_config(JsonFile{memory.path()}); });
  attempt([&] { with_weights(read_loras(text), text); });
  attempt([&] { with_weights(read_loras(R"(["a", "b"])"), text); });
  return 0;
}
