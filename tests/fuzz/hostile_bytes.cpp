#include "hostile_bytes.hpp"

#include <array>
#include <cmath>
#include <limits>

namespace pictor::test {

namespace {

constexpr std::size_t long_text = 70'000;  // more than the host takes of any
constexpr std::size_t long_list = 5'000;   // the same of lists
constexpr std::size_t deep_json = 60'000;
constexpr std::uint64_t most_strings = 70'000;

// More than the host may read of a text, whatever size it is told.
const std::string &endless_text() {
  static const std::string text(1 << 21, 'x');
  return text;
}

}  // namespace

std::uint64_t HostileBytes::number() {
  switch (below(8)) {
    case 0:
      return UINT64_MAX;
    case 1:
      return UINT32_MAX;
    case 2:
      return std::uint64_t{1} << below(64);
    case 3:
      return std::uint64_t{byte()} << 32 | byte();
    default:
      return byte();
  }
}

double HostileBytes::real() {
  constexpr std::array special = {std::numeric_limits<double>::quiet_NaN(),
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(),
                                  1e300,
                                  -0.0,
                                  5e-324};
  const std::uint32_t choice = below(12);
  if (choice < special.size()) return special[choice];
  return (int{byte()} - 64) / 16.0;
}

const char *HostileMemory::text(const char *usual) {
  switch (bytes_.below(96)) {
    case 1:
      return nullptr;
    case 2:
      return "";
    case 3:
      return "\xff\xfe bad \xc0\x80";
    case 4:
      return "\xed\xa0\x80\xf4\x90\x80\x80";
    case 5:
      return keep(std::string(long_text, 'y'))->c_str();
    case 6:
      return "\x1b[2J\n\r\t\x7f\xe2\x80\xae";
    case 7: {
      std::string some;
      for (std::uint32_t i = bytes_.below(8); i > 0; --i) some += static_cast<char>(bytes_.byte());
      return keep(some)->c_str();
    }
    default:
      return usual;
  }
}

pictor_str HostileMemory::str(const char *usual) {
  switch (bytes_.below(32)) {
    case 1:
      return {nullptr, bytes_.number()};
    case 2:
      return {endless_text().data(), bytes_.once_in(2) ? UINT64_MAX : endless_text().size()};
    case 3:
      return {usual, 0};
    default: {
      const char *chosen = text(usual);
      return {chosen, chosen == nullptr ? 0 : std::char_traits<char>::length(chosen)};
    }
  }
}

pictor_str HostileMemory::json(const char *usual) {
  if (!bytes_.once_in(4)) return str(usual);
  const std::size_t depth = bytes_.once_in(2) ? deep_json : deep_json / 100;
  const std::string *deep =
      keep("{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}");
  return {deep->data(), deep->size()};
}

const char *const *HostileMemory::texts() {
  if (bytes_.once_in(2)) return nullptr;
  std::vector<const char *> list;
  if (bytes_.once_in(16)) {
    list.assign(long_list, "again");
  } else {
    for (std::uint32_t i = bytes_.below(3); i > 0; --i) list.push_back(text("alias"));
  }
  list.push_back(nullptr);
  return keep(list)->data();
}

std::uint32_t HostileMemory::struct_size(std::uint32_t real) {
  switch (bytes_.below(128)) {
    case 1:
      return 0;
    case 2:
      return 4;
    case 3:
      return real - 8;
    case 4:
      return real + 8;
    case 5:
      return UINT32_MAX;
    case 6:
      return 1 << 16;
    default:
      return real;
  }
}

const pictor_value *HostileMemory::value(pictor_type usual) {
  if (bytes_.once_in(24)) return nullptr;
  return keep(some_value(usual));
}

pictor_value HostileMemory::some_value(pictor_type usual) {
  pictor_value value{};
  value.struct_size = struct_size(sizeof value);
  value.type = bytes_.once_in(8) ? static_cast<pictor_type>(bytes_.number()) : usual;
  value.i64 = static_cast<std::int64_t>(bytes_.number());
  value.f64 = bytes_.real();
  value.str = value.type == PICTOR_TYPE_JSON ? json(R"({"a": [1, null]})") : str("euler");
  if (value.type == PICTOR_TYPE_STRING_LIST) {
    std::vector<pictor_str> list;
    const std::uint64_t count = bytes_.once_in(64) ? most_strings : bytes_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) list.push_back(i < 4 ? str("x") : pictor_str{"x", 1});
    value.strings = keep(list)->data();
    value.string_count = list.size();
  }
  if (value.type == PICTOR_TYPE_NUMBER_LIST) {
    std::vector<double> list;
    for (std::uint32_t i = bytes_.below(4); i > 0; --i) list.push_back(bytes_.real());
    value.numbers = keep(list)->data();
    value.number_count = list.size();
  }
  if (bytes_.once_in(16)) {  // counts without what they count
    value.strings = nullptr, value.numbers = nullptr, value.items = nullptr;
    value.string_count = value.number_count = value.item_count = bytes_.number();
  }
  return value;
}

}  // namespace pictor::test
