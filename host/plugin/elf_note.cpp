#include "plugin/elf_note.hpp"

#include "base/error.hpp"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

namespace pictor::host {

namespace {

#if defined(__x86_64__)
constexpr unsigned this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned this_machine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif
static_assert(std::endian::native == std::endian::little && sizeof(void *) == 8);

constexpr std::uint64_t max_note_segment = 1 << 20;

[[noreturn]] void refuse(const std::string &why) {
  throw Error(why, "", ExitCode::plugin);
}

// An open regular file that is read by position: a file cut short meanwhile is an error, where a
// mapping would be a SIGBUS.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path &path)
      // O_NONBLOCK: a FIFO would wait for a writer.
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) refuse(fmt::format("cannot be opened: {}", std::strerror(errno)));
    struct stat status {};
    if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
      close(fd_);
      refuse("is not a regular file");
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  ~OpenFile() { close(fd_); }
  OpenFile(const OpenFile &) = delete;
  OpenFile &operator=(const OpenFile &) = delete;

  std::uint64_t size() const { return size_; }

  // `what` names the part for the error when [offset, offset + size) is not in the file.
  void read(std::uint64_t offset, void *data, std::uint64_t size, std::string_view what) const {
    if (offset > size_ || size > size_ - offset) {
      refuse(fmt::format("is cut short: its {} would end beyond the file's {} bytes", what, size_));
    }
    auto *to = static_cast<char *>(data);
    while (size > 0) {
      const auto got = pread(fd_, to, size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        refuse(fmt::format("cannot be read: {}", got < 0 ? std::strerror(errno) : "it shrank"));
      to += got;
      offset += static_cast<std::uint64_t>(got);
      size -= static_cast<std::uint64_t>(got);
    }
  }

 private:
  int fd_;
  std::uint64_t size_ = 0;
};

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_386:
      return "x86 (32 bit)";
    case EM_X86_64:
      return "x86-64";
    case EM_ARM:
      return "ARM (32 bit)";
    case EM_AARCH64:
      return "ARM 64";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "POWER";
    default:
      return fmt::format("ELF machine {}", machine);
  }
}

Elf64_Ehdr read_header(const OpenFile &file) {
  Elf64_Ehdr header{};
  unsigned char *ident = header.e_ident;
  if (file.size() < EI_NIDENT) refuse("is not an ELF file");
  file.read(0, ident, EI_NIDENT, "ELF identification");
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) refuse("is not an ELF file");
  if (ident[EI_CLASS] != ELFCLASS64) refuse("is not a 64-bit ELF file");
  if (ident[EI_DATA] != ELFDATA2LSB)
    refuse("is a big-endian ELF file, this machine is little-endian");
  if (ident[EI_VERSION] != EV_CURRENT) {
    refuse(fmt::format("has the unknown ELF version {}", ident[EI_VERSION]));
  }
  file.read(0, &header, sizeof header, "ELF header");
  if (header.e_machine != this_machine) {
    refuse(fmt::format("is made for {}, this machine is {}", machine_name(header.e_machine),
                       machine_name(this_machine)));
  }
  if (header.e_type != ET_DYN) refuse("is an ELF file but not a shared library");
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == PN_XNUM) {
    refuse("has a broken ELF header: its program headers are of no known kind");
  }
  return header;
}

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
      refuse("has a broken ELF note: it ends beyond its segment");
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

std::string read_elf_note(const std::filesystem::path &path, std::string_view owner,
                          std::uint32_t type) {
  const OpenFile file(path);
  const Elf64_Ehdr header = read_header(file);
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  file.read(header.e_phoff, segments.data(), segments.size() * sizeof(Elf64_Phdr),
            "program headers");
  for (const Elf64_Phdr &segment : segments) {
    if (segment.p_type != PT_NOTE) continue;
    if (segment.p_filesz > max_note_segment) refuse("has a broken ELF note: it is too large");
    std::string bytes(segment.p_filesz, '\0');
    file.read(segment.p_offset, bytes.data(), bytes.size(), "notes");
    if (auto content = find_note(bytes, segment.p_align == 8 ? 8 : 4, owner, type)) return *content;
  }
  refuse(fmt::format("has no {} note", owner));
}

}  // namespace pictor::host
