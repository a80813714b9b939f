#pragma once

#include "output/tar.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace pictor::host {

// When a shard is full, whatever comes first.
struct ShardLimits {
  std::uint64_t bytes = 1'000'000'000;
  std::uint32_t pictures = 10'000;

  bool reached(std::uint64_t have_bytes, std::uint64_t have_pictures) const {
    return have_pictures >= pictures || have_bytes >= bytes;
  }
};

// What a sample has besides its picture.
struct ShardSample {
  std::string picture_name;  // "000012_0.png": its stem is the key, which has no dot
  std::string text;          // the prompt
  std::string json;
};

// "000012_0.png" -> "000012_0" and "png".
std::string_view sample_key_of(std::string_view picture_name);
std::string_view extension_of(std::string_view picture_name);

// The bytes that a sample takes in a shard.
std::uint64_t shard_bytes(const ShardSample &sample, std::uint64_t picture_bytes);

// The names of a dataset's shards: a series per extension, each numbered from 0, such as
// "train-png-000000.tar".
class ShardNames {
 public:
  // `known`: shards that are there for good; a number is never used twice.
  ShardNames(std::string split, std::span<const std::string> known);
  // What the next shard of that series is called, until it is taken.
  std::string next(std::string_view extension) const;
  void take(std::string_view extension);

 private:
  std::string split_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;  // the next, by extension
};

// One shard, written whole: KEY.png, KEY.txt and KEY.json of each sample, beside each other.
class ShardWriter {
 public:
  explicit ShardWriter(const std::filesystem::path &path) : tar_(path) {}
  void add(const ShardSample &sample, std::string_view picture);
  void commit() { tar_.commit(); }

 private:
  TarWriter tar_;
};

}  // namespace pictor::host
