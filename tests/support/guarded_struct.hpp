#pragma once

#include <pictor/abi.h>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

namespace pictor::test {

// A struct of the ABI as a writer of another minor hands it over: with a `struct_size` of its own,
// and where it ends, memory ends. Who reads or writes beyond it does not live to tell.
template <class Struct>
class GuardedStruct {
 public:
  // The first `size` bytes of `known`; what a later minor added to them is filled with `tail`.
  explicit GuardedStruct(const Struct &known, std::uint32_t size = sizeof(Struct), char tail = 0)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
        pages_(
            mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    if (pages_ == MAP_FAILED) throw std::bad_alloc();
    char *const end = static_cast<char *>(pages_) + page_;
    mprotect(end, page_, PROT_NONE);
    std::memset(end - size, tail, size);
    std::memcpy(end - size, &known, std::min<std::size_t>(size, sizeof known));
    std::memcpy(end - size, &size, sizeof size);  // the first field of every struct
    struct_ = reinterpret_cast<Struct *>(end - size);
  }
  ~GuardedStruct() { munmap(pages_, 2 * page_); }
  GuardedStruct(const GuardedStruct &) = delete;
  GuardedStruct &operator=(const GuardedStruct &) = delete;

  Struct *get() const { return struct_; }

 private:
  std::size_t page_;
  void *pages_;
  Struct *struct_ = nullptr;
};

// Where the fields of a struct begin, in order.
template <class Struct>
std::vector<std::uint32_t> field_offsets();
// clang-format off
#define STRUCT(type) template <> inline std::vector<std::uint32_t> field_offsets<type>() { return {
#define FIELD(type, field) offsetof(type, field),
#define END(type) }; }
// clang-format on
#define VALUE(name)
#include "abi/abi_fields.h"
#undef STRUCT
#undef FIELD
#undef END
#undef VALUE

}  // namespace pictor::test
