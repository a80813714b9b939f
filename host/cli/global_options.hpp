#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace pictor::host {

// How a command speaks: for people, for programs (documents, and events one a line), or with the
// bare values alone.
enum class Format { human, json, quiet };

// The format of that name; nothing for other words.
constexpr std::optional<Format> format_named(std::string_view name) {
  if (name == "human") return Format::human;
  if (name == "json") return Format::json;
  if (name == "quiet") return Format::quiet;
  return std::nullopt;
}

// What every command accepts, before or after its name.
struct GlobalOptions {
  Format format = Format::human;
  int verbose = 0;  // times -v was given
  int quiet = 0;    // times -q was given
  bool no_color = false;
  std::filesystem::path log_file;

  int verbosity() const { return verbose - quiet; }
};

}  // namespace pictor::host
