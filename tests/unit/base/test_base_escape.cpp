#include "base/escape.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("UTF-8 validation finds the first bad byte") {
  constexpr auto valid = std::string_view::npos;
  CHECK(first_invalid_utf8("") == valid);
  CHECK(first_invalid_utf8("a fox — 狐 🦊") == valid);
  CHECK(first_invalid_utf8("\xEF\xBF\xBF\xF4\x8F\xBF\xBF") == valid);  // U+FFFF, U+10FFFF
  CHECK(first_invalid_utf8("ab\x80") == 2);                            // stray continuation
  CHECK(first_invalid_utf8("\xC0\xAF") == 0);                          // overlong /
  CHECK(first_invalid_utf8("\xE0\x80\xAF") == 0);                      // overlong /
  CHECK(first_invalid_utf8("\xF0\x80\x80\xAF") == 0);                  // overlong /
  CHECK(first_invalid_utf8("x\xED\xA0\x80") == 1);                     // surrogate
  CHECK(first_invalid_utf8("\xF4\x90\x80\x80") == 0);                  // above U+10FFFF
  CHECK(first_invalid_utf8("\xFF") == 0);
  CHECK(first_invalid_utf8("abc\xE2\x82") == 3);  // cut off
}

TEST_CASE("characters survive the way to UTF-8 and back") {
  for (const char32_t code : {U'a', U'\u007f', U'\u0080', U'\u07ff', U'\u0800', U'\uffff',
                              U'\U00010000', U'\U0010ffff'}) {
    std::string text;
    append_utf8(text, code);
    CHECK(first_character(text).code == code);
    CHECK(first_character(text).length == text.size());
  }
  std::string surrogate;
  append_utf8(surrogate, 0xD800);
  CHECK(surrogate == "\uFFFD");
}

TEST_CASE("malformed bytes become replacement characters") {
  CHECK(valid_utf8("ok 🦊") == "ok 🦊");
  CHECK(valid_utf8("a\xFFz\xE2\x82") == "a\uFFFDz\uFFFD\uFFFD");
  CHECK(first_invalid_utf8(valid_utf8("\xED\xA0\x80\xC0")) == std::string_view::npos);
}

TEST_CASE("text for a terminal cannot steer it") {
  CHECK(terminal_safe("a fox — 狐 🦊 'x' \\n") == "a fox — 狐 🦊 'x' \\n");
  CHECK(terminal_safe("\x1b[31mred\x1b[0m") == "\\x1b[31mred\\x1b[0m");
  CHECK(terminal_safe("a\nb\tc\rd\x7f") == "a\\nb\\tc\\rd\\x7f");
  CHECK(terminal_safe("\u202Egnp.exe") == "\\u202egnp.exe");
  CHECK(terminal_safe("\u0085\u2066x\u2069") == "\\u0085\\u2066x\\u2069");
  CHECK(terminal_safe(std::string_view("\0", 1)) == "\\x00");
  CHECK(terminal_safe("\xFF\xC0") == "\\xff\\xc0");
  CHECK(terminal_safe("\U000E0041") == "\\U000e0041");
  CHECK(terminal_safe("👩\u200D🚀") == "👩\u200D🚀");
}

TEST_CASE("HTML is escaped") {
  CHECK(escape_html("<b a=\"1\" b='2'>&</b>") ==
        "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;&lt;/b&gt;");
}

TEST_CASE("texts are shortened by what a terminal shows") {
  CHECK(display_width("fox") == 3);
  CHECK(display_width("狐🦊") == 4);
  CHECK(display_width("e\u0301") == 1);
  CHECK(shortened("a fox", 5) == "a fox");
  CHECK(shortened("a fox", 4) == "a f…");
  CHECK(shortened("狐狐狐", 5) == "狐狐…");
  CHECK(shortened("狐狐狐", 4) == "狐…");
  CHECK(shortened("e\u0301e\u0301e\u0301", 2) == "e\u0301…");
  CHECK(shortened("fox", 1) == "…");
  CHECK(shortened("fox", 0).empty());
}
