#pragma once

#include <elf.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pictor::host {

// A shared object for this machine, opened and never loaded. It is read by position: a file cut
// short meanwhile is an error, where a mapping would be a SIGBUS. Every function throws Error (exit
// code 7), its message without the file's name.
class ElfFile {
 public:
  // Refuses what cannot be read, is no ELF file, no shared object, made for another machine, or
  // broken in its header.
  explicit ElfFile(const std::filesystem::path &path);
  ~ElfFile();
  ElfFile(const ElfFile &) = delete;
  ElfFile &operator=(const ElfFile &) = delete;

  std::uint64_t size() const { return size_; }
  const Elf64_Ehdr &header() const { return header_; }
  const std::vector<Elf64_Phdr> &segments() const { return segments_; }

  // `what` names the part for the error when [offset, offset + size) is not in the file.
  void read(std::uint64_t offset, void *data, std::uint64_t size, std::string_view what) const;

 private:
  void read_header();

  int fd_;
  std::uint64_t size_ = 0;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
};

// How its functions and those that read its parts refuse a file.
[[noreturn]] void refuse_file(const std::string &why);

}  // namespace pictor::host
