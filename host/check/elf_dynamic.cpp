#include "check/elf_dynamic.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace pictor::host::check {

namespace {

constexpr std::uint64_t most_entries = 1 << 16;
constexpr std::uint64_t largest_table = 256 << 20;

[[noreturn]] void refuse(const std::string &why) {
  throw Error(why, "", ExitCode::plugin);
}

// One file's dynamic section and what it points to.
class DynamicReader {
 public:
  explicit DynamicReader(const ElfFile &file) : file_(file) {}

  ElfDynamic read() {
    read_entries();
    read_strings();
    for (const Elf64_Dyn &entry : entries_) read_entry(entry);
    read_exports();
    read_stack();
    return std::move(dynamic_);
  }

 private:
  void read_entries() {
    for (const Elf64_Phdr &segment : file_.segments()) {
      if (segment.p_type != PT_DYNAMIC) continue;
      if (segment.p_filesz > most_entries * sizeof(Elf64_Dyn)) {
        refuse("has a broken dynamic section: it is too large");
      }
      entries_.resize(segment.p_filesz / sizeof(Elf64_Dyn));
      file_.read(segment.p_offset, entries_.data(), entries_.size() * sizeof(Elf64_Dyn),
                 "dynamic section");
    }
    const auto end = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Elf64_Dyn &entry) { return entry.d_tag == DT_NULL; });
    entries_.erase(end, entries_.end());
    if (entries_.empty()) refuse("has no dynamic section");
  }

  std::uint64_t value_of(Elf64_Sxword tag) const {
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Elf64_Dyn &entry) { return entry.d_tag == tag; });
    return found == entries_.end() ? 0 : found->d_un.d_val;
  }

  // Where in the file an address of memory stands.
  std::uint64_t offset_of(std::uint64_t address) const {
    for (const Elf64_Phdr &segment : file_.segments()) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
          address - segment.p_vaddr < segment.p_filesz) {
        return segment.p_offset + (address - segment.p_vaddr);
      }
    }
    refuse("has a broken dynamic section: an address lies outside the file");
  }

  void read_strings() {
    const std::uint64_t size = value_of(DT_STRSZ);
    if (size > largest_table) refuse("has a broken dynamic section: its texts are too large");
    strings_.resize(size);
    if (size != 0) file_.read(offset_of(value_of(DT_STRTAB)), strings_.data(), size, "texts");
  }

  std::string text(std::uint64_t at) const {
    if (at >= strings_.size()) refuse("has a broken dynamic section: a name lies outside it");
    return strings_.substr(at, strings_.find('\0', at) - at);
  }

  void read_entry(const Elf64_Dyn &entry) {
    const std::uint64_t value = entry.d_un.d_val;
    if (entry.d_tag == DT_NEEDED) dynamic_.needed.push_back(text(value));
    if (entry.d_tag == DT_RUNPATH || entry.d_tag == DT_RPATH) add_runpaths(text(value));
    if (entry.d_tag == DT_TEXTREL) dynamic_.text_relocations = true;
    if (entry.d_tag == DT_FLAGS && (value & DF_TEXTREL) != 0) dynamic_.text_relocations = true;
    if (entry.d_tag == DT_FLAGS_1 && (value & DF_1_NODELETE) != 0) dynamic_.never_unloaded = true;
  }

  void add_runpaths(std::string_view path) {
    while (!path.empty()) {
      const std::size_t end = std::min(path.find(':'), path.size());
      dynamic_.runpaths.emplace_back(path.substr(0, end));
      path.remove_prefix(std::min(end + 1, path.size()));
    }
  }

  // The dynamic section does not tell how many symbols there are; the section header does, also
  // in a stripped file.
  Elf64_Shdr symbol_section() const {
    const Elf64_Ehdr &header = file_.header();
    std::vector<Elf64_Shdr> sections(header.e_shnum);
    if (header.e_shentsize == sizeof(Elf64_Shdr)) {
      file_.read(header.e_shoff, sections.data(), sections.size() * sizeof(Elf64_Shdr),
                 "section headers");
    }
    for (const Elf64_Shdr &section : sections) {
      if (section.sh_type == SHT_DYNSYM) return section;
    }
    refuse("has no section headers, so its symbols cannot be counted");
  }

  void read_exports() {
    const Elf64_Shdr section = symbol_section();
    if (section.sh_size > largest_table) refuse("has a broken table of symbols: it is too large");
    std::vector<Elf64_Sym> table(section.sh_size / sizeof(Elf64_Sym));
    file_.read(section.sh_offset, table.data(), table.size() * sizeof(Elf64_Sym), "symbols");
    for (const Elf64_Sym &symbol : table) {
      const bool defined = symbol.st_shndx != SHN_UNDEF && symbol.st_name != 0;
      const unsigned visible = ELF64_ST_VISIBILITY(symbol.st_other);
      const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
      if (!defined || local || visible == STV_HIDDEN || visible == STV_INTERNAL) continue;
      dynamic_.exports.push_back(text(symbol.st_name));
    }
  }

  void read_stack() {
    for (const Elf64_Phdr &segment : file_.segments()) {
      if (segment.p_type == PT_GNU_STACK && (segment.p_flags & PF_X) != 0) {
        dynamic_.executable_stack = true;
      }
    }
  }

  const ElfFile &file_;
  std::vector<Elf64_Dyn> entries_;
  std::string strings_;
  ElfDynamic dynamic_;
};

}  // namespace

ElfDynamic read_dynamic(const ElfFile &file) {
  return DynamicReader(file).read();
}

}  // namespace pictor::host::check
