#include "cli/text_layout.hpp"
#include "support/catch.hpp"

using namespace pictor::host;

TEST_CASE("a table is aligned by what the eye sees") {
  CHECK(table({{"id", "label", "path"}, {"a", "\xc3\xa9t\xc3\xa9", "/x"}, {"long", "b", "/y/z"}}) ==
        "id    label  path\n"
        "a     \xc3\xa9t\xc3\xa9    /x\n"
        "long  b      /y/z\n");
  CHECK(table({}).empty());
}

TEST_CASE("a table shows control characters instead of obeying them") {
  CHECK(table({{"a\x1b[31m\nb", "c"}}) == "a\\x1b[31m\\nb  c\n");
}

TEST_CASE("a paragraph breaks between words and keeps its margin") {
  const std::string a60(60, 'a'), c20(20, 'c');
  CHECK(paragraph(a60 + " bb  \n " + c20, 4) == "    " + a60 + " bb\n    " + c20 + "\n");
  CHECK(paragraph("", 4).empty());
  CHECK(paragraph(std::string(100, 'x'), 2) == "  " + std::string(100, 'x') + "\n");
  CHECK(paragraph("a\x1b[0m", 0) == "a\\x1b[0m\n");
}
