#include "support/catch.hpp"
#include "unit/plan/prompt_rows.hpp"

#include <filesystem>

using namespace pictor::host;
using namespace pictor::test;

namespace {

// Rows of a text file with wildcards in the folder "w" beside it.
struct WildcardRows : PromptRows {
  explicit WildcardRows(std::string_view prompts) : PromptRows("p.txt", prompts) {
    job.variants = Variants::all;
    job.wildcards = dir / "w";
    std::filesystem::create_directory(dir / "w");
  }
  void file(const std::string &name, std::string_view text) const { dir.write("w/" + name, text); }
};

}  // namespace

TEST_CASE("a wildcard stands for the lines of its file") {
  WildcardRows rows("a __colour__ __animals/pets__\n");
  rows.file("colour.txt", "\xEF\xBB\xBFred\r\n\n# a comment\n  3::{dark|light} blue\n");
  rows.file("animals/pets.txt", "cat\n\\# sign\n");
  CHECK(print(rows.open()) ==
        "1: a red cat | 1: a red # sign | 1: a dark blue cat | 1: a dark blue # sign | "
        "1: a light blue cat | 1: a light blue # sign");
}

TEST_CASE("wildcard files may name each other, and several lines may be picked") {
  WildcardRows rows("{2$$__all__}\n");
  rows.file("all.txt", "__warm__\nblue\ngreen");
  rows.file("warm.txt", "red\nyellow");
  CHECK(print(rows.open()) ==
        "1: red, blue | 1: red, green | 1: yellow, blue | 1: yellow, green | 1: blue, green");
}

TEST_CASE("a wildcard without a file is a bad row, with the nearest name") {
  WildcardRows rows("a fox\na __colr__ fox\n__../p__\n__/etc/passwd__\n");
  rows.file("color.txt", "red");
  const Prompts prompts = rows.open();
  CHECK(print(prompts) == "1: a fox");
  REQUIRE(prompts.bad_rows().size() == 3);
  const std::string folder = std::filesystem::canonical(rows.dir / "w").string();
  CHECK(prompts.bad_rows()[0].message ==
        "prompt: __colr__: there is no colr.txt in " + folder + "; did you mean 'color'?");
  CHECK_THAT(prompts.bad_rows()[1].message, ContainsSubstring("__../p__ leads out of " + folder));
  CHECK_THAT(prompts.bad_rows()[2].message, ContainsSubstring("there is no /etc/passwd.txt"));
}

TEST_CASE("a link out of the folder is not followed") {
  WildcardRows rows("a fox\n__secret__\n");
  rows.dir.write("secret.txt", "x");
  std::filesystem::create_symlink(rows.dir / "secret.txt", rows.dir / "w/secret.txt");
  CHECK_THAT(print_bad(rows.open()), ContainsSubstring("leads out of"));
}

TEST_CASE("without a folder a wildcard is a bad row") {
  WildcardRows rows("a fox\n__x__\n");
  rows.job.wildcards.clear();
  CHECK(print_bad(rows.open()) == "2: prompt: __x__: job.wildcards names no folder");
}

TEST_CASE("a wildcard file that cannot be used is an error with its line") {
  const auto error = [](std::string_view a, std::string_view b = "x") {
    WildcardRows rows("__a__\n");
    rows.file("a.txt", a);
    rows.file("b.txt", b);
    std::string text = rows.error();
    const std::string folder = std::filesystem::canonical(rows.dir.path()).string() + "/";
    if (text.starts_with(folder)) text.erase(0, folder.size());
    return text;
  };
  CHECK(error("red\n{blue\n") ==
        "w/a.txt:2: the '{' is never closed; \\{ is the character itself (byte 1)");
  CHECK(error("# nothing\n") == "w/a.txt: there is no option in it");
  CHECK(error("\xFF") == "w/a.txt:1: not UTF-8");
  CHECK(error("0::x\n") == "w/a.txt: every option of a choice has the weight 0");
  CHECK_THAT(error("__a__"), ContainsSubstring("__a__ leads back to itself: a, a"));
  CHECK_THAT(error("__b__", "__a__"), ContainsSubstring("leads back to itself: a, b, a"));
  CHECK_THAT(error("__c__"), ContainsSubstring("there is no c.txt"));
  WildcardRows none("__a__\n");
  none.job.wildcards = none.dir / "nowhere";
  CHECK_THAT(none.error(), ContainsSubstring("cannot read the wildcards in nowhere"));
}
