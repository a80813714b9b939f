#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// One of several runs that draw a job together: of `count`, the one with that index, from 0. It
// draws the rows whose position in the prompt file leaves that remainder.
struct Shard {
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  bool draws(std::uint64_t position) const { return position % count == index; }
  auto operator<=>(const Shard &) const = default;
};

// "3/16". Throws Error unless it is two whole numbers, the first below the second.
Shard parse_shard(std::string_view text);
std::string name_of(const Shard &shard);  // as parse_shard reads it

// What a shard puts before the names of files that hold several rows ("0003-of-0016-"), so that no
// two shards make the same; empty without shards.
std::string container_prefix(const std::optional<Shard> &shard);

// The folder that holds the folders of an output folder's shards, until they are merged.
std::filesystem::path shards_folder(const std::filesystem::path &output_dir);
// Where a shard's ledger and lock are: ".pictor/shards/0003-of-0016". Nothing: those of the whole,
// ".pictor".
std::filesystem::path ledger_folder(const std::filesystem::path &output_dir,
                                    const std::optional<Shard> &shard);

// The shards that have begun in that output folder and are not merged, in order.
std::vector<Shard> unmerged_shards(const std::filesystem::path &output_dir);

// "0/16, 1/16 and 3 more"
std::string list_of(const std::vector<Shard> &shards);

}  // namespace pictor::host
