#include "output/webdataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pictor::host {

namespace {

constexpr std::string_view ending = ".tar";

}  // namespace

std::string_view sample_key_of(std::string_view picture_name) {
  return picture_name.substr(0, picture_name.find('.'));
}

std::string_view extension_of(std::string_view picture_name) {
  const std::size_t dot = picture_name.find('.');
  return dot == std::string_view::npos ? std::string_view() : picture_name.substr(dot + 1);
}

std::uint64_t shard_bytes(const ShardSample &sample, std::uint64_t picture_bytes) {
  return tar_member_size(picture_bytes) + tar_member_size(sample.text.size()) +
         tar_member_size(sample.json.size());
}

ShardNames::ShardNames(std::string split, std::span<const std::string> known)
    : split_(std::move(split)) {
  for (const std::string &name : known) {
    std::string_view rest = name;
    if (!rest.starts_with(split_ + "-") || !rest.ends_with(ending)) continue;
    rest = rest.substr(split_.size() + 1, rest.size() - split_.size() - 1 - ending.size());
    const std::size_t dash = rest.find('-');
    if (dash == std::string_view::npos) continue;
    std::uint32_t number = 0;
    const std::string_view digits = rest.substr(dash + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    std::uint32_t &next = numbers_[std::string(rest.substr(0, dash))];
    next = std::max(next, number + 1);
  }
}

std::string ShardNames::next(std::string_view extension) const {
  const auto found = numbers_.find(extension);
  return fmt::format("{}-{}-{:06}{}", split_, extension,
                     found == numbers_.end() ? 0 : found->second, ending);
}

void ShardNames::take(std::string_view extension) {
  ++numbers_[std::string(extension)];
}

void ShardWriter::add(const ShardSample &sample, std::string_view picture) {
  const std::string key(sample_key_of(sample.picture_name));
  tar_.add(sample.picture_name, picture);
  tar_.add(key + ".txt", sample.text);
  tar_.add(key + ".json", sample.json);
}

}  // namespace pictor::host
