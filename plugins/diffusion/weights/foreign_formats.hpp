#pragma once

#include <array>
#include <filesystem>
#include <string_view>

// Weights in formats that are not read here: pickles, which can run code when they are opened, and
// GGUF, whose tensors are quantised. Each refusal holds the command that converts them.
namespace pictor::diffusion {

// With their dots.
inline constexpr std::array<std::string_view, 5> kForeignExtensions{".bin", ".ckpt", ".pt", ".pth",
                                                                    ".gguf"};

// Throws Error(unsupported) when the name of `file`, given as a whole model, ends in one of them.
void refuse_foreign_model(const std::filesystem::path &file);

// Throws Error(unsupported): `file` lies where a component's safetensors should.
[[noreturn]] void refuse_foreign_component(const std::filesystem::path &file);

// Throws Error(unsupported) for a pickled LoRA.
void refuse_foreign_lora(const std::filesystem::path &file);

// The command that writes a single file of any layout as a folder in the diffusers layout.
std::string convert_single_file(const std::filesystem::path &file);

}  // namespace pictor::diffusion
