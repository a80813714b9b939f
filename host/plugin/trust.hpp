#pragma once

#include <filesystem>
#include <map>
#include <string>

// Whether a file may become part of this process. Nothing of it has run.
namespace pictor::host {

// Plugin id to the SHA-256 that its file must have, 64 lower-case hex digits.
using PluginPins = std::map<std::string, std::string>;

// Throws Error (exit code 7) when every user of the machine may change the file, or put another in
// its place.
void require_unchangeable(const std::filesystem::path &file);

// Throws Error (exit code 7) when the plugin is pinned and the file is another.
void require_pinned(const std::filesystem::path &file, const std::string &id,
                    const PluginPins &pins);

// Throws Error when the file cannot be read.
std::string plugin_sha256(const std::filesystem::path &file);

}  // namespace pictor::host
