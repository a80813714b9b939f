#include "plan/row_numbers.hpp"
#include "support/catch.hpp"

#include <string>

using namespace pictor::host;

namespace {

Hash128 key_of(char row) {
  return {static_cast<std::uint64_t>(row), 1};
}

// The numbers of rows "abc" given what is known ("b0 a1"), then what is new to the ledger.
std::string numbers(const std::string &rows, const std::string &known_text) {
  std::vector<RowNumber> known;
  for (std::size_t i = 0; i + 1 < known_text.size(); i += 3) {
    known.push_back({key_of(known_text[i]), static_cast<std::uint32_t>(known_text[i + 1] - '0')});
  }
  const RowNumbers result(
      static_cast<std::uint32_t>(rows.size()), [&](std::uint32_t i) { return key_of(rows[i]); },
      known);
  std::string text;
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    text += rows[i] + std::to_string(result.number(i)) + " ";
  }
  text += "| new";
  for (const RowNumber &row : result.fresh()) {
    text += std::string(" ") + static_cast<char>(row.key.high) + std::to_string(row.number);
  }
  return text;
}

}  // namespace

TEST_CASE("rows of a new dataset are numbered from 0") {
  CHECK(numbers("abc", "") == "a0 b1 c2 | new a0 b1 c2");
}

TEST_CASE("a row keeps its number when others are added, moved or removed") {
  CHECK(numbers("abc", "a0 b1 c2") == "a0 b1 c2 | new");
  CHECK(numbers("xcab", "a0 b1 c2") == "x3 c2 a0 b1 | new x3");
  CHECK(numbers("c", "a0 b1 c2") == "c2 | new");
}

TEST_CASE("a number is never given to another row") {
  CHECK(numbers("x", "a0 b1") == "x2 | new x2");
  CHECK(numbers("xy", "b7") == "x8 y9 | new x8 y9");
}

TEST_CASE("a number leads back to the row's place, if the row is still there") {
  const RowNumbers numbers(1, [](std::uint32_t) { return key_of('b'); },
                           {{key_of('a'), 0}, {key_of('b'), 1}});
  CHECK(numbers.position(1) == 0);
  CHECK_FALSE(numbers.position(0));
  CHECK_FALSE(numbers.position(99));
}

namespace {

std::string by_position(const std::string &rows, const std::string &known_numbers) {
  std::vector<RowNumber> known;
  for (const char number : known_numbers) {
    const auto at = static_cast<std::uint32_t>(number - '0');
    known.push_back({key_of(rows[at]), at});
  }
  const RowNumbers result = RowNumbers::by_position(
      static_cast<std::uint32_t>(rows.size()), [&](std::uint32_t i) { return key_of(rows[i]); },
      [](std::uint32_t i) { return i % 2 == 1; }, known);
  std::string text;
  for (std::uint32_t i = 0; i < rows.size(); ++i) text += std::to_string(result.number(i));
  text += " | new";
  for (const RowNumber &row : result.fresh()) {
    text += std::string(" ") + static_cast<char>(row.key.high) + std::to_string(row.number);
  }
  return text;
}

std::string print(const std::string &rows, std::size_t count) {
  return to_hex(fingerprint(static_cast<std::uint32_t>(count),
                            [&](std::uint32_t i) { return key_of(rows[i]); }));
}

}  // namespace

TEST_CASE("a shard's numbers are positions, and only its own rows are new to its ledger") {
  CHECK(by_position("abcde", "") == "01234 | new b1 d3");
  CHECK(by_position("abcde", "1") == "01234 | new d3");
  CHECK(by_position("abcde", "13") == "01234 | new");
}

TEST_CASE("a fingerprint tells files apart, and one that goes on from its beginning") {
  CHECK(print("abc", 3) == print("abcd", 3));
  CHECK(print("abc", 3) != print("abcd", 4));
  CHECK(print("abc", 3) != print("acb", 3));
  CHECK(print("", 0) == print("x", 0));
  const std::string many(3000, 'a');
  std::string changed = many;
  changed[2500] = 'b';
  CHECK(print(many, 3000) != print(changed, 3000));
  CHECK(print(many, 2500) == print(changed, 2500));
}
