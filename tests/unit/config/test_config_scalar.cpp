#include "config/scalar.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

namespace {
std::string read_scalar(const std::string &text) {
  return read_plain_scalar(text).dump();
}
}  // namespace

TEST_CASE("plain scalars are null, booleans, decimal numbers and texts") {
  CHECK(read_scalar("") == "null");
  CHECK(read_scalar("~") == "null");
  CHECK(read_scalar("true") == "true");
  CHECK(read_scalar("False") == "false");
  CHECK(read_scalar("30") == "30");
  CHECK(read_scalar("-7") == "-7");
  CHECK(read_scalar("+7") == "7");
  CHECK(read_scalar("0") == "0");
  CHECK(read_scalar("18446744073709551615") == "18446744073709551615");
  CHECK(read_scalar("7.5") == "7.5");
  CHECK(read_scalar(".5") == "0.5");
  CHECK(read_scalar("1e3") == "1000.0");
  CHECK(read_scalar("0.25") == "0.25");
}

TEST_CASE("what YAML 1.1 would twist stays text") {
  for (const char *text : {"010",   "0x1F",  "0o17", "1_000", "yes",        "No",  "on",  "off",
                           "12:30", "1.2.3", ".inf", "-.INF", ".nan",       "nan", "inf", "1e999",
                           "-",     "+",     ".",    "00",    "2024-01-01", "0x",  "-010"}) {
    CHECK(read_plain_scalar(text) == Json(text));
  }
}

TEST_CASE("a twisted number or boolean is explained") {
  const auto number = [](const char *text) {
    return explain_plain_scalar(text, ParameterType::integer);
  };
  CHECK(number("010") == "; YAML 1.1 reads 010 as the octal number 8: write 8 or 10");
  CHECK(number("-010") == "; YAML 1.1 reads -010 as the octal number -8: write -8 or -10");
  CHECK(number("089") == "; write 89");
  CHECK(number("0x1F") == "; YAML reads 0x1F as the hexadecimal number 31: write 31");
  CHECK(number("0o17") == "; YAML 1.2 reads 0o17 as the octal number 15: write 15");
  CHECK(number("1_000") == "; YAML 1.1 reads 1_000 as 1000: write 1000");
  CHECK(number("many").empty());
  CHECK(number("00") == "; YAML 1.1 reads 00 as the octal number 0: write 0 or 0");
  CHECK(explain_plain_scalar("Yes", ParameterType::boolean) ==
        "; YAML 1.1 reads Yes as true, YAML 1.2 as text: write true");
  CHECK(explain_plain_scalar("off", ParameterType::boolean) ==
        "; YAML 1.1 reads off as false, YAML 1.2 as text: write false");
  CHECK(explain_plain_scalar("off", ParameterType::string).empty());
}
