#include "plugin/elf_note.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace pictor::host {

namespace {

constexpr std::uint64_t max_note_segment = 1 << 20;

// The notes of one segment are name and content, each padded to the segment's alignment.
std::optional<std::string> find_note(std::string_view segment, std::uint64_t alignment,
                                     std::string_view owner, std::uint32_t type) {
  const auto padded = [&](std::uint64_t size) { return (size + alignment - 1) & ~(alignment - 1); };
  while (segment.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, segment.data(), sizeof note);
    segment.remove_prefix(sizeof note);
    const std::uint64_t content_at = padded(note.n_namesz);
    if (content_at > segment.size() || note.n_descsz > segment.size() - content_at) {
      refuse_file("has a broken ELF note: it ends beyond its segment");
    }
    std::string_view name = segment.substr(0, note.n_namesz);
    if (!name.empty() && name.back() == '\0') name.remove_suffix(1);
    if (name == owner && note.n_type == type) {
      return std::string(segment.substr(content_at, note.n_descsz));
    }
    // The last note's padding may be missing.
    segment.remove_prefix(
        std::min(content_at + padded(note.n_descsz), std::uint64_t(segment.size())));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_elf_note(const ElfFile &file, std::string_view owner,
                                         std::uint32_t type) {
  for (const Elf64_Phdr &segment : file.segments()) {
    if (segment.p_type != PT_NOTE) continue;
    if (segment.p_filesz > max_note_segment) refuse_file("has a broken ELF note: it is too large");
    std::string bytes(segment.p_filesz, '\0');
    file.read(segment.p_offset, bytes.data(), bytes.size(), "notes");
    if (auto content = find_note(bytes, segment.p_align == 8 ? 8 : 4, owner, type)) return content;
  }
  return std::nullopt;
}

std::string read_elf_note(const std::filesystem::path &path, std::string_view owner,
                          std::uint32_t type) {
  if (auto content = find_elf_note(ElfFile(path), owner, type)) return *content;
  refuse_file(fmt::format("has no {} note", owner));
}

std::string build_id(const ElfFile &file) {
  std::string hex;
  for (const unsigned char byte : find_elf_note(file, "GNU", NT_GNU_BUILD_ID).value_or("")) {
    hex += fmt::format("{:02x}", byte);
  }
  return hex;
}

}  // namespace pictor::host
