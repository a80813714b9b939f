#include "base/error.hpp"
#include "base/escape.hpp"
#include "base/file.hpp"
#include "cli/commands/all.hpp"
#include "output/decode.hpp"
#include "output/stored_settings.hpp"
#include "output/tar.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace pictor::host {
namespace {

constexpr std::uint64_t largest_picture = std::uint64_t{1} << 30;

// "train-png-000000.tar/000012_0.png" is a picture in a shard.
std::string read_picture(const std::filesystem::path &file) {
  for (std::filesystem::path shard = file.parent_path(); shard.has_relative_path();
       shard = shard.parent_path()) {
    if (shard.extension() != ".tar" || !std::filesystem::is_regular_file(shard)) continue;
    return TarReader(shard).read(file.lexically_relative(shard).string(), largest_picture);
  }
  if (file.extension() == ".tar" && std::filesystem::is_regular_file(file)) {
    const TarReader shard(file);
    throw Error(fmt::format("{} is a shard of {} files", file.string(), shard.size()),
                fmt::format("name a picture in it: {}/{}", file.string(), shard.first()));
  }
  return read_file(file, largest_picture);
}

std::optional<StoredSettings> settings_of(const std::string &file) {
  const std::string bytes = read_picture(file);
  if (!image_format(bytes)) {
    throw Error(fmt::format("{} is not a PNG, JPEG or WebP picture", file),
                "`pictor inspect` reads the settings inside a picture; those of a whole folder "
                "are in its metadata.jsonl");
  }
  return read_stored_settings(bytes);
}

Json as_json(const std::string &file, const std::optional<StoredSettings> &stored) {
  if (!stored) return {{"file", file}, {"origin", nullptr}, {"settings", nullptr}};
  const bool own = stored->origin == StoredSettings::Origin::pictor;
  Json entry = {
      {"file", file}, {"origin", own ? "pictor" : "parameters"}, {"settings", stored->settings}};
  if (!stored->text.empty()) entry["parameters"] = stored->text;
  return entry;
}

std::string value_text(const Json &value) {
  if (value.is_string()) return value.get<std::string>();
  return json_line(value);
}

void show(Console &console, const std::string &file, const std::optional<StoredSettings> &stored) {
  console.line(terminal_safe(file));
  if (!stored) {
    console.line("  holds no settings");
    return;
  }
  for (const auto &[name, value] : stored->settings.items()) {
    console.line(terminal_safe(fmt::format("  {}: {}", name, value_text(value))));
  }
}

class InspectCommand : public Command {
 public:
  void setup(CLI::App &app) override {
    app.add_option("IMAGE", files_, "Pictures: PNG, JPEG or WebP; in a shard as SHARD.tar/KEY.png")
        ->required()
        ->take_all();
  }

  ExitCode run(Console &console) override {
    Json entries = Json::array();
    for (const std::string &file : files_) {
      const auto stored = settings_of(file);
      if (console.json()) {
        entries.push_back(as_json(file, stored));
      } else {
        show(console, file, stored);
      }
    }
    if (console.json()) console.document(entries);
    return ExitCode::ok;
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

std::unique_ptr<Command> make_inspect() {
  return std::make_unique<InspectCommand>();
}

}  // namespace pictor::host
