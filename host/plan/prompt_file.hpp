#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace pictor::host {

enum class PromptFormat { text, csv, tsv, jsonl };

// An open file of prompts. Stdin, pipes, lists from the YAML and what is gzip'd (known by its first
// bytes, whatever its name) are copied, unpacked, to a temporary file that has no name, so that
// every row can be read again.
class PromptFile {
 public:
  // Throws Error for a file that is missing, unreadable, or of a format that is not read.
  static PromptFile open(const JobConfig &job);
  PromptFile(PromptFile &&other) noexcept;
  PromptFile &operator=(PromptFile &&other) noexcept;
  ~PromptFile();

  PromptFormat format() const { return format_; }
  const std::string &name() const { return name_; }                // for messages
  const std::filesystem::path &folder() const { return folder_; }  // where relative paths start
  std::uint64_t size() const { return size_; }

  // Up to `size` bytes from `offset`; fewer only at the end. Throws FileError. [any thread]
  std::size_t read(std::uint64_t offset, char *data, std::size_t size) const;

 private:
  PromptFile() = default;
  void open_path(const std::filesystem::path &path);
  void open_list(const JobConfig &job);
  void open_stream(int from);
  void spool(int from, bool packed);
  void write_all(std::string_view bytes);
  void check_encoding() const;

  int descriptor_ = -1;
  PromptFormat format_ = PromptFormat::text;
  std::string name_;
  std::filesystem::path folder_;
  std::uint64_t size_ = 0;  // unpacked
};

}  // namespace pictor::host
