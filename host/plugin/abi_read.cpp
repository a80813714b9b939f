#include "plugin/abi_read.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

namespace pictor::host {

namespace {

constexpr std::size_t max_static_text = 64 << 10;
constexpr std::size_t max_read = 1024;

// Cuts before the character that does not fit whole.
std::string_view cut(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  std::size_t end = max_bytes;
  while (end > 0 && max_bytes - end < 3 && continues(text[end])) --end;
  return text.substr(0, end);
}

std::string lenient(std::string_view text, std::size_t max_bytes) {
  constexpr std::string_view ellipsis = "…";
  // U+FFFD is longer than what it replaces, hence the second cut.
  std::string valid = valid_utf8(cut(text, max_bytes));
  if (text.size() <= max_bytes && valid.size() <= max_bytes) return valid;
  return std::string(cut(valid, max_bytes - ellipsis.size())).append(ellipsis);
}

}  // namespace

std::string optional_text(const char *text, std::string_view where) {
  if (text == nullptr) return {};
  const std::size_t size = strnlen(text, max_static_text + 1);
  if (size > max_static_text) {
    throw ContractFault(fmt::format("{} has no NUL in its first {} bytes", where, max_static_text));
  }
  const std::string_view view(text, size);
  if (const auto bad = first_invalid_utf8(view); bad != std::string_view::npos) {
    throw ContractFault(fmt::format("{} is not UTF-8 at byte {}", where, bad));
  }
  return std::string(view);
}

std::string required_text(const char *text, std::string_view where) {
  if (text == nullptr) throw ContractFault(fmt::format("{} is NULL", where));
  std::string read = optional_text(text, where);
  if (read.empty()) throw ContractFault(fmt::format("{} is empty", where));
  return read;
}

std::vector<std::string> text_list(const char *const *texts, std::string_view where) {
  std::vector<std::string> read;
  if (texts == nullptr) return read;
  for (; *texts != nullptr; ++texts) {
    if (read.size() == max_read) {
      throw ContractFault(fmt::format("{} has no NULL after {} entries", where, max_read));
    }
    read.push_back(required_text(*texts, fmt::format("{}[{}]", where, read.size())));
  }
  return read;
}

std::string lenient_text(const pictor_str &text, std::size_t max_bytes, std::string_view where) {
  if (text.data == nullptr && text.size != 0) {
    throw ContractFault(fmt::format("{}: data is NULL, size is {}", where, text.size));
  }
  return lenient({text.data, static_cast<std::size_t>(text.size)}, max_bytes);
}

std::string lenient_text(const char *text, std::size_t max_bytes) {
  if (text == nullptr) return {};
  return lenient({text, strnlen(text, max_bytes + 1)}, max_bytes);
}

}  // namespace pictor::host
