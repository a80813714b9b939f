#pragma once

#include "base/json.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace pictor::host {

// Whether a plugin is to have a process of its own.
enum class OwnProcess { no, beside_gpu, always };

// What the ELF note of a file says, without running it. Of another major's only the ABI is known.
struct Manifest {
  std::string id, version, label;
  int abi_major = 0, abi_minor = 0;
  int min_host_minor = 0;
  OwnProcess own_process = OwnProcess::no;
  bool needs_network = false;  // which a sandbox has only when the user grants it
};

// Reads the note from an ELF file, every offset checked; nothing of the file runs. Throws Error
// (exit code 7) that names the file: not ELF, another machine, no note, broken note. A manifest
// for another ABI is no error here: `refusal` judges it.
Manifest read_manifest(const std::filesystem::path &file);

// The same from the note's content; `content` may end in NUL padding. The message has no file.
Manifest parse_manifest(std::string_view content);

// Every key of a manifest as its author wrote it, also those that this host does not know. Throws
// like read_manifest().
Json manifest_keys(const std::filesystem::path &file);

// Why this host cannot load a plugin with that manifest, one line; empty when it can.
std::string refusal(const Manifest &manifest);

// Whether it is an id as the ABI wants it: [a-z0-9._-]+, at most 64 characters.
bool is_plugin_id(std::string_view id);

}  // namespace pictor::host
