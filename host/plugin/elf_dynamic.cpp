#include "plugin/elf_dynamic.hpp"

#include "base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace pictor::host {

namespace {

constexpr std::uint64_t most_entries = 1 << 16;
constexpr std::uint64_t largest_table = 256 << 20;

// One file's dynamic section and what it points to.
class DynamicReader {
 public:
  explicit DynamicReader(const ElfFile &file) : file_(file) {}

  ElfDynamic read() {
    read_entries();
    read_strings();
    for (const Elf64_Dyn &entry : entries_) read_entry(entry);
    read_exports();
    read_versions();
    read_stack();
    return std::move(dynamic_);
  }

 private:
  void read_entries() {
    for (const Elf64_Phdr &segment : file_.segments()) {
      if (segment.p_type != PT_DYNAMIC) continue;
      if (segment.p_filesz > most_entries * sizeof(Elf64_Dyn)) {
        refuse_file("has a broken dynamic section: it is too large");
      }
      entries_.resize(segment.p_filesz / sizeof(Elf64_Dyn));
      file_.read(segment.p_offset, entries_.data(), entries_.size() * sizeof(Elf64_Dyn),
                 "dynamic section");
    }
    const auto end = std::find_if(entries_.begin(), entries_.end(),
                                  [](const Elf64_Dyn &entry) { return entry.d_tag == DT_NULL; });
    entries_.erase(end, entries_.end());
    if (entries_.empty()) refuse_file("has no dynamic section");
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
    refuse_file("has a broken dynamic section: an address lies outside the file");
  }

  void read_strings() {
    const std::uint64_t size = value_of(DT_STRSZ);
    if (size > largest_table) refuse_file("has a broken dynamic section: its texts are too large");
    strings_.resize(size);
    if (size != 0) file_.read(offset_of(value_of(DT_STRTAB)), strings_.data(), size, "texts");
  }

  std::string text(std::uint64_t at) const {
    if (at >= strings_.size()) refuse_file("has a broken dynamic section: a name lies outside it");
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
    refuse_file("has no section headers, so its symbols cannot be counted");
  }

  void read_exports() {
    const Elf64_Shdr section = symbol_section();
    if (section.sh_size > largest_table)
      refuse_file("has a broken table of symbols: it is too large");
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

  // A list of libraries, each with a list of versions: every entry tells where the next stands.
  void read_versions() {
    const std::uint64_t libraries = value_of(DT_VERNEEDNUM);
    if (libraries == 0) return;
    if (libraries > most_entries) refuse_file("has a broken table of versions");
    std::uint64_t at = offset_of(value_of(DT_VERNEED));
    for (std::uint64_t i = 0; i < libraries; ++i) {
      const auto library = entry_at<Elf64_Verneed>(at);
      std::uint64_t version_at = at + library.vn_aux;
      for (std::uint64_t k = 0; k < library.vn_cnt; ++k) {
        const auto version = entry_at<Elf64_Vernaux>(version_at);
        dynamic_.versions.push_back({text(library.vn_file), text(version.vna_name)});
        if (dynamic_.versions.size() > most_entries) refuse_file("has a broken table of versions");
        version_at += version.vna_next;
      }
      at += library.vn_next;
    }
  }

  template <class Entry>
  Entry entry_at(std::uint64_t offset) const {
    Entry entry{};
    file_.read(offset, &entry, sizeof entry, "versions");
    return entry;
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

// "3.4.30" as 3, 4 and 30; nothing for what is no dotted numbers.
std::vector<unsigned> numbers_of(std::string_view version) {
  std::vector<unsigned> numbers;
  const char *at = version.data(), *const end = at + version.size();
  while (at != end) {
    const auto [next, failed] = std::from_chars(at, end, numbers.emplace_back());
    if (failed != std::errc() || (next != end && (*next != '.' || next + 1 == end))) return {};
    at = next == end ? end : next + 1;
  }
  return numbers;
}

}  // namespace

ElfDynamic read_dynamic(const ElfFile &file) {
  return DynamicReader(file).read();
}

bool is_older(std::string_view a, std::string_view b) {
  return numbers_of(a) < numbers_of(b);
}

std::string highest_version(const std::vector<WantedVersion> &versions, std::string_view prefix) {
  std::string_view highest;
  for (const WantedVersion &each : versions) {
    std::string_view version = each.version;
    if (!version.starts_with(prefix) || !version.substr(prefix.size()).starts_with('_')) continue;
    version.remove_prefix(prefix.size() + 1);
    if (is_older(highest, version)) highest = version;
  }
  return std::string(highest);
}

}  // namespace pictor::host
