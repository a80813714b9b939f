#include "plan/row_fields.hpp"
#include "plan/template_parser.hpp"
#include "plan/template_writer.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

using namespace pictor::host;

namespace {

std::shared_ptr<const Choice> no_wildcards(std::string_view name) {
  throw RowError(fmt::format("no wildcard {}", name));
}

const RowFields fox_row = {{"style", "flat"}, {"n", 7}};

// Every combination in order, "a red fox | a blue fox", or what is wrong.
std::string all(std::string_view text) {
  try {
    const TemplateText parsed = parse_template(text, no_wildcards);
    std::string result;
    for (std::uint64_t i = 0; i < parsed.count; ++i) {
      result += (i == 0 ? "" : " | ") + fill_in(parsed, i, fox_row).text;
    }
    return result;
  } catch (const RowError &error) {
    return error.what();
  }
}

std::uint64_t count(std::string_view text) {
  return parse_template(text, no_wildcards).count;
}

std::string draw(std::string_view text, std::uint64_t seed) {
  return fill_by_draw(parse_template(text, no_wildcards), seed, fox_row).text;
}

// How often each text is drawn.
std::map<std::string, int> drawn(std::string_view text, int draws) {
  const TemplateText parsed = parse_template(text, no_wildcards);
  std::map<std::string, int> counts;
  for (int i = 0; i < draws; ++i) {
    ++counts[fill_by_draw(parsed, static_cast<std::uint64_t>(i), fox_row).text];
  }
  return counts;
}

}  // namespace

TEST_CASE("braces are choices, and every combination is listed") {
  CHECK(all("a {red|blue} fox") == "a red fox | a blue fox");
  CHECK(all("a fox") == "a fox");
  CHECK(all("{a|b}{1|2}") == "a1 | a2 | b1 | b2");
  CHECK(all("a {{dark|light} red|blue} fox") == "a dark red fox | a light red fox | a blue fox");
  CHECK(all("a {very |}big fox") == "a very big fox | a big fox");
  CHECK(all("{a|a}") == "a | a");
  CHECK(all("{3::a|0.5::b|c}") == "a | b | c");
  CHECK(all("either|or") == "either|or");
}

TEST_CASE("several options are taken in their order") {
  CHECK(all("{2$$a|b|c}") == "a, b | a, c | b, c");
  CHECK(all("{1-2$$ and $$a|b|c}") == "a | b | c | a and b | a and c | b and c");
  CHECK(all("{-2$$a|b}") == "a | b | a, b");
  CHECK(all("{2-$$a|b|c}") == "a, b | a, c | b, c | a, b, c");
  CHECK(all("{0-1$$a|b}.") == ". | a. | b.");
  CHECK(all("{5$$a|b}") == "a, b");
  CHECK(all("{2$${a|b}|c}") == "a, c | b, c");
  CHECK(all("{2$$$$a|b}") == "ab");
}

TEST_CASE("columns are filled in and never read as templates") {
  CHECK(all("a {{style}} fox {{ n }}") == "a flat fox 7");
  CHECK(all("{a {{style}}|b}") == "a flat | b");
  CHECK(fill_in(parse_template("{{x}}", no_wildcards), 0, {{"x", "{a|b}"}}).text == "{a|b}");
  CHECK(all("{{styl}}") == "{{styl}}: the row has no such column; did you mean 'style'?");
}

TEST_CASE("a backslash takes what the language would read, and leaves what models read") {
  CHECK(all(R"(\{a\|b\} {x\|y|z} \{{{n}}\} \_\_a__)") ==
        R"({a|b} x|y {7} __a__ | {a|b} z {7} __a__)");
  CHECK(all(R"((fox:1.2) \(y\) <lora:x:0.8> \\ \)") == R"((fox:1.2) \(y\) <lora:x:0.8> \ \)");
  CHECK(all("std::vector {std::map|a::b}") == "std::vector std::map | std::vector a::b");
  CHECK(all("snake__case __ a__b c__") == "snake__case __ a__b c__");
}

TEST_CASE("a mistake in a template is told with its byte") {
  CHECK(all("a {red|blue fox") == "the '{' is never closed; \\{ is the character itself (byte 3)");
  CHECK(all("a red} fox") == "the '}' closes nothing; \\} is the character itself (byte 6)");
  CHECK(all("{-1::a|b}") == "'-1' is no weight: 0 or more, as in 0.5:: (byte 2)");
  CHECK(all("{1.2.3::a|b}") == "'1.2.3' is no weight: 0 or more, as in 0.5:: (byte 2)");
  CHECK(all("{0::a|0::b}") == "every option of a choice has the weight 0 (byte 1)");
  CHECK(all("{3-2$$a|b}") ==
        "the number before $$ must be 1 or more, or a range that rises (byte 2)");
  CHECK(all("__a*__") == "__a*__ must name one file: '*' is not read (byte 1)");
  CHECK_THAT(all(std::string(100000, '{')), ContainsSubstring("more than 64 braces"));
  CHECK_THAT(all("{99999999999999999999$$a|b}"), ContainsSubstring("too large"));
}

TEST_CASE("combinations are counted without being made, and counting cannot overflow") {
  std::string text;
  for (int i = 0; i < 63; ++i) text += "{a|b}";
  CHECK(count(text) == std::uint64_t{1} << 63);
  CHECK(count(text + "{a|b}{a|b}") == UINT64_MAX);
  std::string options = "a";
  for (int i = 1; i < 1000; ++i) options += "|a";
  CHECK(count("{3$$" + options + "}") == 166167000);
  CHECK(count("{500$$" + options + "}") == UINT64_MAX);
}

TEST_CASE("a draw is one of the combinations, always the same one") {
  const std::string text = "{2$$a|b|{c|d}} {x|y}";
  const std::string listed = " | " + all(text) + " | ";
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CHECK_THAT(listed, ContainsSubstring(" | " + draw(text, seed) + " | "));
    CHECK(draw(text, seed) == draw(text, seed));
  }
  CHECK(drawn(text, 500).size() == 10);
}

TEST_CASE("draws follow the weights") {
  const auto counts = drawn("{3::a|1::b|0::c}", 4000);
  CHECK(counts.size() == 2);
  CHECK(counts.at("a") > 2800);
  CHECK(counts.at("a") < 3200);
  const auto even = drawn("{a|b|c|a}", 4000);
  CHECK(even.at("a") > 1850);
  CHECK(even.at("a") < 2150);
}

TEST_CASE("a new option changes only the draws that it wins") {
  int changed = 0, to_new = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const std::string before = draw("{a|b|c}", seed), after = draw("{a|b|c|d}", seed);
    changed += before != after;
    to_new += after == "d";
    CHECK(draw("{c|a|b}", seed) == before);
  }
  CHECK(changed == to_new);
  CHECK(to_new > 200);
  CHECK(to_new < 300);
}

TEST_CASE("two choices of the same options are drawn apart") {
  CHECK(drawn("{a|b} {a|b}", 100).size() == 4);
}
