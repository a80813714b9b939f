#include "weights/foreign_formats.hpp"

#include "error.hpp"

#include <algorithm>
#include <string>

namespace pictor::diffusion {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kGguf = ".gguf";
constexpr const char *kPickle = ": a pickle, which can run code when it is opened, is not read; ";

bool is_foreign(const fs::path &file) {
  const std::string extension = file.extension().string();
  return std::find(kForeignExtensions.begin(), kForeignExtensions.end(), extension) !=
         kForeignExtensions.end();
}

fs::path with_extension(fs::path file, const char *extension) {
  return file.replace_extension(extension);
}

std::string convert_gguf(const fs::path &file) {
  return "python3 -c 'import gguf; from safetensors.numpy import save_file; "
         "save_file({t.name: gguf.dequantize(t.data, t.tensor_type)"
         ".reshape([int(n) for n in t.shape[::-1]]) for t in gguf.GGUFReader(\"" +
         file.string() + "\").tensors}, \"" + with_extension(file, ".safetensors").string() +
         "\")'";
}

}  // namespace

std::string convert_single_file(const fs::path &file) {
  return "python3 -c 'from diffusers import StableDiffusionPipeline as P; P.from_single_file(\"" +
         file.string() + "\").save_pretrained(\"" + with_extension(file, "").string() +
         "\")' (of another family: that family's class in place of StableDiffusionPipeline)";
}

void refuse_foreign_model(const fs::path &file) {
  if (!is_foreign(file)) return;
  if (file.extension() == kGguf) {
    throw Error{
        ErrorKind::unsupported,
        file.string() + ": GGUF is not read; write it as safetensors with " + convert_gguf(file),
        "model"};
  }
  throw Error{ErrorKind::unsupported,
              file.string() + kPickle + "convert it with " + convert_single_file(file), "model"};
}

void refuse_foreign_component(const fs::path &file) {
  if (file.extension() == kGguf) refuse_foreign_model(file);
  const std::string model = file.parent_path().parent_path().string();
  throw Error{ErrorKind::unsupported,
              file.string() + kPickle +
                  "convert the model with python3 -c 'from diffusers import DiffusionPipeline as "
                  "P; P.from_pretrained(\"" +
                  model + "\", use_safetensors=False).save_pretrained(\"" + model +
                  "-safetensors\")'",
              "model"};
}

void refuse_foreign_lora(const fs::path &file) {
  if (!is_foreign(file)) return;
  throw Error{ErrorKind::unsupported,
              file.string() + kPickle +
                  "convert it with python3 -c 'import torch; from safetensors.torch import "
                  "save_file; save_file({k: v.contiguous() for k, v in torch.load(\"" +
                  file.string() + "\", weights_only=True).items()}, \"" +
                  with_extension(file, ".safetensors").string() + "\")'",
              "loras"};
}

}  // namespace pictor::diffusion
