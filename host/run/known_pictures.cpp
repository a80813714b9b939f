#include "run/known_pictures.hpp"

#include <algorithm>
#include <string>

namespace pictor::host {

// A seed may stand as a number or as text: a column has one type.
Hash128 picture_content(const Json &record) {
  std::string all;
  for (const char *name : {"text", "seed", "sha256"}) {
    const auto found = record.find(name);
    const bool there = found != record.end() && !found->is_null();
    if (there) all += found->is_string() ? found->get<std::string>() : found->dump();
    all += '\0';
  }
  return hash128(all);
}

KnownPictures::KnownPictures(const Ledger &ledger) {
  ledger.for_each_end([this](const SampleEnd &end) {
    if (end.outcome != Outcome::ok) return;
    pictures_.push_back({hash128(end.file_name), picture_content(end.metadata)});
  });
  std::sort(pictures_.begin(), pictures_.end(),
            [](const KnownPicture &a, const KnownPicture &b) { return a.name < b.name; });
}

KnownPicture *KnownPictures::find(std::string_view file_name) {
  const Hash128 name = hash128(file_name);
  const auto found = std::lower_bound(
      pictures_.begin(), pictures_.end(), name,
      [](const KnownPicture &picture, const Hash128 &wanted) { return picture.name < wanted; });
  return found != pictures_.end() && found->name == name ? &*found : nullptr;
}

}  // namespace pictor::host
