#include "check/failing_allocations.hpp"

#include "check/findings.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

namespace pictor::host::check {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t call_slot = R_X86_64_JUMP_SLOT, address_slot = R_X86_64_GLOB_DAT;
#elif defined(__aarch64__)
constexpr std::uint32_t call_slot = R_AARCH64_JUMP_SLOT, address_slot = R_AARCH64_GLOB_DAT;
#else
#error "name the relocations of this machine's calls here"
#endif

constinit std::atomic<std::int64_t> left{0};  // until one fails; not above 0: none will
constinit std::atomic<bool> failed{false};

bool fails() {
  if (left.load(std::memory_order_relaxed) <= 0 || left.fetch_sub(1) != 1) return false;
  failed = true;
  errno = ENOMEM;
  return true;
}

void *checked(void *memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void *failing_malloc(std::size_t size) {
  return fails() ? nullptr : std::malloc(size);
}
void *failing_calloc(std::size_t count, std::size_t size) {
  return fails() ? nullptr : std::calloc(count, size);
}
void *failing_realloc(void *memory, std::size_t size) {
  return fails() ? nullptr : std::realloc(memory, size);
}
void *failing_new(std::size_t size) {
  return checked(fails() ? nullptr : ::operator new(size, std::nothrow));
}
void *failing_array_new(std::size_t size) {
  return checked(fails() ? nullptr : ::operator new[](size, std::nothrow));
}
void *failing_new_nothrow(std::size_t size, const std::nothrow_t &) noexcept {
  return fails() ? nullptr : ::operator new(size, std::nothrow);
}

struct Replacement {
  std::string_view symbol;
  void *function;
};

const Replacement *replacement_of(std::string_view symbol) {
  static const Replacement all[] = {
      {"malloc", reinterpret_cast<void *>(failing_malloc)},
      {"calloc", reinterpret_cast<void *>(failing_calloc)},
      {"realloc", reinterpret_cast<void *>(failing_realloc)},
      {"_Znwm", reinterpret_cast<void *>(failing_new)},
      {"_Znam", reinterpret_cast<void *>(failing_array_new)},
      {"_ZnwmRKSt9nothrow_t", reinterpret_cast<void *>(failing_new_nothrow)},
  };
  for (const Replacement &each : all) {
    if (each.symbol == symbol) return &each;
  }
  return nullptr;
}

// What a loaded library calls through its table of addresses.
class CallTable {
 public:
  explicit CallTable(const link_map &library) : base_(library.l_addr) {
    for (const Elf64_Dyn *entry = library.l_ld; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag >= 0 && entry->d_tag < DT_NUM) values_[entry->d_tag] = entry->d_un.d_val;
    }
  }

  // Whether there was anything to replace.
  bool replace() {
    bool any = replace_in(DT_JMPREL, DT_PLTRELSZ);
    any = replace_in(DT_RELA, DT_RELASZ) || any;
    return any;
  }

 private:
  // The loader writes absolute addresses there, but not on every machine.
  template <class Type>
  const Type *at(int tag) const {
    const std::uint64_t value = values_[tag];
    return reinterpret_cast<const Type *>(value < base_ ? base_ + value : value);
  }

  bool replace_in(int table, int size) {
    bool any = false;
    if (values_[table] == 0 || values_[DT_SYMTAB] == 0 || values_[DT_STRTAB] == 0) return false;
    const auto *const first = at<Elf64_Rela>(table);
    const auto *const last = first + values_[size] / sizeof(Elf64_Rela);
    for (const Elf64_Rela *each = first; each != last; ++each) {
      const std::uint32_t type = ELF64_R_TYPE(each->r_info);
      if (type != call_slot && type != address_slot) continue;
      const Elf64_Sym &symbol = at<Elf64_Sym>(DT_SYMTAB)[ELF64_R_SYM(each->r_info)];
      const Replacement *other = replacement_of(at<char>(DT_STRTAB) + symbol.st_name);
      if (other != nullptr) any = write(base_ + each->r_offset, other->function) || any;
    }
    return any;
  }

  // The loader made the table read-only when it had filled it.
  static bool write(std::uint64_t slot, void *function) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    auto *const start = reinterpret_cast<void *>(slot / page * page);
    if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0) return false;
    std::memcpy(reinterpret_cast<void *>(slot), &function, sizeof function);
    return true;
  }

  std::uint64_t base_;
  std::uint64_t values_[DT_NUM] = {};
};

}  // namespace

void count_allocations(const std::filesystem::path &file) {
  void *const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_NOLOAD);
  link_map *library = nullptr;
  if (handle == nullptr || dlinfo(handle, RTLD_DI_LINKMAP, &library) != 0) {
    throw Skip{"it is not in this process"};
  }
  if (!CallTable(*library).replace()) throw Skip{"it allocates nothing by itself"};
}

void fail_allocation(std::uint64_t nth) {
  failed = false;
  left = static_cast<std::int64_t>(nth);
}

bool has_failed_allocation() {
  return failed;
}

}  // namespace pictor::host::check
