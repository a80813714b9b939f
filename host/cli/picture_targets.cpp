#include "cli/picture_targets.hpp"

#include "base/error.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <system_error>

namespace pictor::host {
namespace {

namespace fs = std::filesystem;

ImageFormat format_of(const fs::path &file) {
  std::string ending = file.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  if (ending == ".png") return ImageFormat::png;
  if (ending == ".jpg" || ending == ".jpeg") return ImageFormat::jpeg;
  if (ending == ".webp") return ImageFormat::webp;
  throw Error(fmt::format("-o {}: the ending '{}' is no format", file.string(), ending),
              "end it in .png, .jpg or .webp");
}

fs::path numbered(const fs::path &file, std::uint32_t number) {
  fs::path result = file;
  result.replace_filename(
      fmt::format("{}-{:04}{}", file.stem().string(), number, file.extension().string()));
  return result;
}

// Told before anything is drawn for it.
void require_folder(const fs::path &file) {
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code failed;
  if (fs::is_directory(folder, failed)) return;
  throw Error(fmt::format("-o {}: there is no folder {}", file.string(), folder.string()),
              "make it first, or choose another name");
}

PictureTargets on_stdout(std::uint32_t count) {
  if (count > 1) {
    throw Error(fmt::format("-o - takes one picture, not {}", count),
                "give -o a file name; the pictures are numbered");
  }
  return {ImageFormat::png, true, {}};
}

}  // namespace

void refuse_existing(const fs::path &file) {
  std::error_code failed;
  if (!fs::exists(fs::symlink_status(file, failed))) return;
  throw Error(fmt::format("{} is already there", file.string()),
              "choose another name with -o, or give --overwrite");
}

PictureTargets picture_targets(const std::string &output, std::uint32_t count, std::uint64_t seed,
                               bool overwrite) {
  if (output == "-") return on_stdout(count);
  const fs::path file =
      output.empty() ? fs::path(fmt::format("pictor-{}.png", seed)) : fs::path(output);
  PictureTargets targets{format_of(file), false, {}};
  require_folder(file);
  for (std::uint32_t number = 0; number < count; ++number) {
    targets.files.push_back(count == 1 ? file : numbered(file, number));
    if (!overwrite) refuse_existing(targets.files.back());
  }
  return targets;
}

}  // namespace pictor::host
