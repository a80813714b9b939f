#include "plugin/elf_file.hpp"

#include "base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <string>

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

}  // namespace

void refuse_file(const std::string &why) {
  throw Error(why, "", ExitCode::plugin);
}

ElfFile::ElfFile(const std::filesystem::path &path)
    // O_NONBLOCK: a FIFO would wait for a writer.
    : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  if (fd_ < 0) refuse_file(fmt::format("cannot be opened: {}", std::strerror(errno)));
  try {
    struct stat status {};
    if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) refuse_file("is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
    read_header();
  } catch (...) {
    close(fd_);
    throw;
  }
}

ElfFile::~ElfFile() {
  close(fd_);
}

void ElfFile::read(std::uint64_t offset, void *data, std::uint64_t size,
                   std::string_view what) const {
  if (offset > size_ || size > size_ - offset) {
    refuse_file(
        fmt::format("is cut short: its {} would end beyond the file's {} bytes", what, size_));
  }
  auto *to = static_cast<char *>(data);
  while (size > 0) {
    const auto got = pread(fd_, to, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      refuse_file(fmt::format("cannot be read: {}", got < 0 ? std::strerror(errno) : "it shrank"));
    to += got;
    offset += static_cast<std::uint64_t>(got);
    size -= static_cast<std::uint64_t>(got);
  }
}

void ElfFile::read_header() {
  unsigned char *ident = header_.e_ident;
  if (size_ < EI_NIDENT) refuse_file("is not an ELF file");
  read(0, ident, EI_NIDENT, "ELF identification");
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) refuse_file("is not an ELF file");
  if (ident[EI_CLASS] != ELFCLASS64) refuse_file("is not a 64-bit ELF file");
  if (ident[EI_DATA] != ELFDATA2LSB)
    refuse_file("is a big-endian ELF file, this machine is little-endian");
  if (ident[EI_VERSION] != EV_CURRENT) {
    refuse_file(fmt::format("has the unknown ELF version {}", ident[EI_VERSION]));
  }
  read(0, &header_, sizeof header_, "ELF header");
  if (header_.e_machine != this_machine) {
    refuse_file(fmt::format("is made for {}, this machine is {}", machine_name(header_.e_machine),
                            machine_name(this_machine)));
  }
  if (header_.e_type != ET_DYN) refuse_file("is an ELF file but not a shared library");
  if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum == PN_XNUM) {
    refuse_file("has a broken ELF header: its program headers are of no known kind");
  }
  segments_.resize(header_.e_phnum);
  read(header_.e_phoff, segments_.data(), segments_.size() * sizeof(Elf64_Phdr), "program headers");
}

}  // namespace pictor::host
