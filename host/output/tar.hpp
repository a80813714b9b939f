#pragma once

#include "base/file.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pictor::host {

// Bytes that a member takes in a tar, header and padding included.
std::uint64_t tar_member_size(std::uint64_t bytes);

// A tar (ustar) that appears under its name complete or not at all, as an AtomicFile does. The same
// members make the same bytes: owner, mode and time of every member are fixed.
class TarWriter {
 public:
  explicit TarWriter(const std::filesystem::path &path);
  ~TarWriter();
  TarWriter(const TarWriter &) = delete;
  TarWriter &operator=(const TarWriter &) = delete;

  // Throws FileError when the disk refuses.
  void add(const std::string &name, std::string_view bytes);
  // Once, as the last call. The content is on disk then; the name once the folder was synced.
  void commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Gives the visitor every file of a tar, in order. Throws as TarReader does.
void for_each_tar_member(
    const std::filesystem::path &path,
    const std::function<void(const std::string &name, const std::string &bytes)> &visit);

// Reads single members of a tar: their places are found once, in one pass over the headers.
class TarReader {
 public:
  // Throws FileError for a file that cannot be read, Error for one that is no tar or is cut off.
  explicit TarReader(std::filesystem::path path);

  bool has(const std::string &member) const { return places_.contains(member); }
  std::size_t size() const { return places_.size(); }
  const std::string &first() const { return first_; }  // the name of its first member
  // Throws Error for a member that is not there, or is larger than `max_bytes`.
  std::string read(const std::string &member, std::uint64_t max_bytes = UINT64_MAX) const;
  std::uint64_t size_of(const std::string &member) const;

 private:
  std::filesystem::path path_;
  struct Place {
    std::int64_t header;
    std::uint64_t size;
  };
  const Place &place(const std::string &member) const;

  std::unordered_map<std::string, Place> places_;
  std::string first_;
};

}  // namespace pictor::host
