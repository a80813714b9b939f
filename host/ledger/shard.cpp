#include "ledger/shard.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace pictor::host {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view separator = "-of-";
constexpr std::size_t most_listed = 12;

std::optional<std::uint32_t> whole_number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Shard> split_shard(std::string_view text, std::string_view between) {
  const std::size_t at = text.find(between);
  if (at == std::string_view::npos) return std::nullopt;
  const auto index = whole_number_of(text.substr(0, at));
  const auto count = whole_number_of(text.substr(at + between.size()));
  if (!index || !count || *index >= *count) return std::nullopt;
  return Shard{*index, *count};
}

std::string folder_name(const Shard &shard) {
  return fmt::format("{:04}{}{:04}", shard.index, separator, shard.count);
}

}  // namespace

Shard parse_shard(std::string_view text) {
  if (const auto shard = split_shard(text, "/")) return *shard;
  throw Error(fmt::format("--shard '{}' is not of the form i/n", text),
              "i counts from 0: the four shards of 4 are 0/4, 1/4, 2/4 and 3/4");
}

std::string name_of(const Shard &shard) {
  return fmt::format("{}/{}", shard.index, shard.count);
}

std::string container_prefix(const std::optional<Shard> &shard) {
  return shard ? folder_name(*shard) + "-" : std::string();
}

fs::path shards_folder(const fs::path &output_dir) {
  return output_dir / ".pictor" / "shards";
}

fs::path ledger_folder(const fs::path &output_dir, const std::optional<Shard> &shard) {
  return shard ? shards_folder(output_dir) / folder_name(*shard) : output_dir / ".pictor";
}

std::vector<Shard> unmerged_shards(const fs::path &output_dir) {
  std::vector<Shard> shards;
  std::error_code error;
  for (fs::directory_iterator entry(shards_folder(output_dir), error), end; !error && entry != end;
       entry.increment(error)) {
    const auto shard = split_shard(entry->path().filename().string(), separator);
    if (shard) shards.push_back(*shard);
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

std::string list_of(const std::vector<Shard> &shards) {
  std::string text;
  const std::size_t listed = std::min(shards.size(), most_listed);
  for (std::size_t i = 0; i < listed; ++i) {
    const bool last = i + 1 == shards.size();
    text += i == 0 ? "" : last ? " and " : ", ";
    text += name_of(shards[i]);
  }
  if (listed < shards.size()) text += fmt::format(" and {} more", shards.size() - listed);
  return text;
}

}  // namespace pictor::host
