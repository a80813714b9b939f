#pragma once

#include <pictor/abi.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// Reading what a plugin wrote: nothing is believed before it was checked, short of the pointers.
namespace pictor::host {

// A plugin broke the ABI's contract; what() names the struct or function, the field and the value.
class ContractFault : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr std::uint32_t max_struct_size = 1 << 16;

// The fields of a plugin's struct that this host knows; those that its writer did not know are
// zero. `first_size` is the struct's size in ABI 1.0: no writer is older. Throws ContractFault for
// NULL and for sizes that cannot be.
template <class Struct>
Struct known_part(const Struct *theirs, std::string_view name,
                  std::uint32_t first_size = sizeof(Struct)) {
  if (theirs == nullptr) throw ContractFault(std::string(name) + " is NULL");
  std::uint32_t size = 0;
  std::memcpy(&size, theirs, sizeof size);
  if (size < first_size || size > max_struct_size) {
    throw ContractFault(std::string(name) + ": struct_size is " + std::to_string(size) +
                        ", expected " + std::to_string(first_size) + " or a little more");
  }
  Struct ours{};
  std::memcpy(&ours, theirs, std::min<std::size_t>(size, sizeof ours));
  return ours;
}

// Static text: not NULL, UTF-8, not empty, at most 64 KiB. `where` names it in the fault.
std::string required_text(const char *text, std::string_view where);
// The same, where NULL and "" both mean that there is none.
std::string optional_text(const char *text, std::string_view where);
// A NULL-terminated list of such texts; NULL: none.
std::vector<std::string> text_list(const char *const *texts, std::string_view where);

// Words for people, made valid UTF-8 and cut to `max_bytes` between characters. Throws
// ContractFault when data is NULL but size is not 0.
std::string lenient_text(const pictor_str &text, std::size_t max_bytes, std::string_view where);
std::string lenient_text(const char *text, std::size_t max_bytes);  // NULL: ""

}  // namespace pictor::host
