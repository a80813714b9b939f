#pragma once

#include "base/json.hpp"
#include "base/outcome.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace pictor::host {

// One sample as the gallery shows it. Texts are taken as hostile.
struct GalleryEntry {
  Outcome outcome = Outcome::ok;
  std::string file;     // relative to the page, with '/'; empty: no picture
  std::string picture;  // a data URI that is shown instead of the file
  std::string message;  // why there is none, or why it is not shown
  std::string prompt;
  std::uint32_t width = 0, height = 0;  // 0: not known
  std::optional<std::uint64_t> seed;
  std::string sha256;
  Json settings = Json::object();  // shown by name: a line of metadata.jsonl
};

using GalleryVisitor = std::function<void(const GalleryEntry &entry)>;
using GallerySource = std::function<void(const GalleryVisitor &visit)>;

// A page beyond that size would be too much for a browser: it shows the first and says so.
inline constexpr std::uint64_t max_gallery_entries = 20'000;

// Writes one static page: it opens from the disk, needs no network and no file but the pictures.
// Entries come in the order in which they are shown; memory does not grow with them. `version`: of
// the program. Returns how many entries the source gave. Replaced as a whole; throws FileError.
std::uint64_t write_gallery(const std::filesystem::path &page, const std::string &title,
                            const std::string &version, const GallerySource &source);

}  // namespace pictor::host
