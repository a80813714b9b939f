#include "plugin/manifest.hpp"

#include "base/error.hpp"
#include "base/foreign_json.hpp"
#include "plugin/elf_note.hpp"
#include <pictor/abi.h>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pictor::host {

namespace {

constexpr std::size_t max_content = 64 << 10;
constexpr std::size_t max_manifest_text = 200;
constexpr int max_version_number = 1'000'000;

[[noreturn]] void refuse_manifest(const std::string &why) {
  throw Error("has a broken manifest: " + why, "", ExitCode::plugin);
}

const Json &field(const Json &object, const char *name) {
  const auto found = object.find(name);
  if (found == object.end()) refuse_manifest(fmt::format("'{}' is missing", name));
  return *found;
}

std::string text_field(const Json &object, const char *name) {
  const Json &value = field(object, name);
  if (!value.is_string()) refuse_manifest(fmt::format("'{}' must be text", name));
  auto text = value.get<std::string>();
  if (text.empty() || text.size() > max_manifest_text) {
    refuse_manifest(
        fmt::format("'{}' must have 1 to {} bytes, not {}", name, max_manifest_text, text.size()));
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) {
    refuse_manifest(fmt::format("'{}' holds control characters", name));
  }
  return text;
}

// Null when it is not there.
Json optional_field(const Json &object, const char *name) {
  const auto found = object.find(name);
  return found == object.end() ? Json() : *found;
}

// "1.0": two numbers and nothing else.
void parse_abi(const std::string &text, Manifest &manifest) {
  const char *const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, manifest.abi_major);
  if (major.ec == std::errc() && major.ptr != end && *major.ptr == '.') {
    const auto minor = std::from_chars(major.ptr + 1, end, manifest.abi_minor);
    if (minor.ec == std::errc() && minor.ptr == end && manifest.abi_major >= 0 &&
        manifest.abi_minor >= 0) {
      return;
    }
  }
  refuse_manifest("'abi' must be two numbers such as \"1.0\"");
}

Json parse_object(std::string_view content) {
  while (!content.empty() && content.back() == '\0') content.remove_suffix(1);
  if (content.size() > max_content)
    refuse_manifest(fmt::format("it has more than {} bytes", max_content));
  const auto is_ascii = [](unsigned char c) { return c < 0x80; };
  if (!std::all_of(content.begin(), content.end(), is_ascii)) refuse_manifest("it is not ASCII");
  auto object = parse_foreign_json(content);
  if (!object || !object->is_object()) refuse_manifest("it is not a JSON object");
  return std::move(*object);
}

// What `read` makes of a file's note; an error names the file.
template <class Read>
auto of_note(const std::filesystem::path &file, Read read) {
  try {
    return read(read_elf_note(file, PICTOR_NOTE_OWNER, PICTOR_NOTE_MANIFEST));
  } catch (const Error &error) {
    throw Error(fmt::format("{} {}", file.string(), error.what()), error.hint(), error.code());
  }
}

}  // namespace

bool is_plugin_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), allowed);
}

Manifest parse_manifest(std::string_view content) {
  const Json object = parse_object(content);
  Manifest manifest;
  parse_abi(text_field(object, "abi"), manifest);
  // The fields of another major are not known.
  if (manifest.abi_major != PICTOR_ABI_MAJOR) return manifest;
  const Json &min_host = field(object, "min_host");
  if (!min_host.is_number_unsigned() || min_host.get<std::uint64_t>() > max_version_number) {
    refuse_manifest("'min_host' must be a whole number from 0 on");
  }
  manifest.min_host_minor = min_host.get<int>();
  manifest.id = text_field(object, "id");
  if (!is_plugin_id(manifest.id)) {
    refuse_manifest("'id' must be 1 to 64 of a-z, 0-9, '.', '_' and '-'");
  }
  manifest.version = text_field(object, "version");
  manifest.label = text_field(object, "label");
  const Json isolation = optional_field(object, "isolation");
  if (isolation == "worker") manifest.own_process = OwnProcess::always;
  if (isolation == "gpu") manifest.own_process = OwnProcess::beside_gpu;
  manifest.needs_network = optional_field(object, "network") == true;
  return manifest;
}

Manifest read_manifest(const std::filesystem::path &file) {
  return of_note(file, parse_manifest);
}

Json manifest_keys(const std::filesystem::path &file) {
  return of_note(file, [](std::string_view content) {
    parse_manifest(content);  // what it refuses is no manifest
    return parse_object(content);
  });
}

std::string refusal(const Manifest &manifest) {
  if (manifest.abi_major != PICTOR_ABI_MAJOR) {
    return fmt::format("speaks plugin ABI {}.{}, this host speaks {}.x", manifest.abi_major,
                       manifest.abi_minor, PICTOR_ABI_MAJOR);
  }
  if (manifest.min_host_minor > PICTOR_ABI_MINOR) {
    return fmt::format("needs a host of plugin ABI {0}.{1} or newer, this one is {0}.{2}",
                       PICTOR_ABI_MAJOR, manifest.min_host_minor, PICTOR_ABI_MINOR);
  }
  return {};
}

}  // namespace pictor::host
