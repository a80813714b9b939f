#include "run/gallery_entries.hpp"

#include "base/error.hpp"
#include "base/hash.hpp"
#include "output/thumbnail.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

constexpr std::uint32_t thumbnail_side = 256;
constexpr std::uint64_t most_copies = 2'000;  // some 30 MB of page

std::string data_uri(const std::string &jpeg) {
  return "data:image/jpeg;base64," + base64(jpeg);
}

// Why a picture in a shard is not shown, or nothing and the small copy.
std::string add_copy(GalleryEntry &entry, const SampleEnd &end, StoredPictures &pictures) {
  try {
    const auto small = thumbnail(pictures.read(end), thumbnail_side);
    if (const auto *failure = std::get_if<Failure>(&small)) return failure->message;
    entry.picture = data_uri(std::get<std::string>(small));
    return {};
  } catch (const Error &error) {  // a run beside this one has just moved it, or it is gone
    return error.what();
  }
}

GalleryEntry entry_of(const SampleEnd &end) {
  GalleryEntry entry;
  entry.outcome = end.outcome;
  if (end.failure) entry.message = end.failure->message;
  entry.prompt = end.prompt;
  entry.seed = end.seed;
  entry.sha256 = end.sha256;
  entry.settings = end.metadata;
  const auto size = [&](const char *name) {
    const auto found = end.metadata.find(name);
    return found != end.metadata.end() && found->is_number_unsigned() ? found->get<std::uint32_t>()
                                                                      : 0;
  };
  entry.width = size("width");
  entry.height = size("height");
  return entry;
}

}  // namespace

void visit_gallery_entries(const Ledger &ledger, StoredPictures &pictures,
                           const GalleryVisitor &visit) {
  std::uint64_t copies = 0;
  ledger.for_each_end([&](const SampleEnd &end) {
    GalleryEntry entry = entry_of(end);
    if (end.outcome == Outcome::ok) {
      entry.file = pictures.place(end);
      if (pictures.sharded()) {
        entry.message = copies++ < most_copies
                            ? add_copy(entry, end, pictures)
                            : fmt::format("This page has room for the first {} pictures of shards.",
                                          most_copies);
      }
    }
    visit(entry);
  });
}

}  // namespace pictor::host
