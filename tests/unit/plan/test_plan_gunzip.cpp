#include "base/error.hpp"
#include "plan/gunzip.hpp"
#include "support/catch.hpp"
#include "unit/plan/gzip_text.hpp"
#include "unit/plan/prompt_rows.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

// What comes out when the bytes come in pieces of that size, or what is thrown.
std::string unpacked(std::string_view packed, std::size_t piece) {
  std::string text;
  try {
    Gunzip gunzip("p.gz", [&](std::string_view bytes) { text += bytes; });
    for (std::size_t at = 0; at < packed.size(); at += piece) gunzip.feed(packed.substr(at, piece));
    gunzip.finish();
  } catch (const Error &error) {
    return error.what();
  }
  return text;
}

}  // namespace

TEST_CASE("gzip'd text comes out whole, in whatever pieces it comes") {
  std::string text;
  for (int i = 0; i < 30000; ++i) text += "a fox number " + std::to_string(i * 7919) + "\n";
  const std::string packed = gzip(text);
  CHECK(unpacked(packed, 1) == text);
  CHECK(unpacked(packed, 1000) == text);
  CHECK(unpacked(packed, packed.size()) == text);
  CHECK(unpacked(gzip(""), 5).empty());
}

TEST_CASE("members that follow each other are one text, and zeros behind them are padding") {
  const std::string two = gzip("a fox\n") + gzip("") + gzip("an owl\n");
  CHECK(unpacked(two, 1) == "a fox\nan owl\n");
  CHECK(unpacked(two + std::string(512, '\0'), 7) == "a fox\nan owl\n");
}

TEST_CASE("gzip'd text that is cut off or damaged says how far it was good") {
  const std::string packed = gzip("a fox\nan owl\na cat");
  CHECK(unpacked(packed.substr(0, packed.size() - 1), 9) ==
        "p.gz: the gzip data is cut off at byte 38; 2 lines before it are good");
  CHECK(unpacked(packed.substr(0, 5), 9) ==
        "p.gz: the gzip data is cut off at byte 6; 0 lines before it are good");
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;
  CHECK_THAT(unpacked(damaged, 9), ContainsSubstring("damaged (incorrect data check)"));
  CHECK(unpacked(packed + "PK", 9) ==
        "p.gz: what follows the gzip data is no gzip at byte 39; 2 lines before it are good");
  CHECK(unpacked(packed + std::string(1, '\0') + packed, 9) ==
        "p.gz: what follows the gzip data is no gzip at byte 40; 2 lines before it are good");
  CHECK(unpacked("a fox\n", 9) == "p.gz: it is not gzip at byte 1; 0 lines before it are good");
}

TEST_CASE("a small file may unpack to a gibibyte, a large one to 250 times its size") {
  CHECK(most_unpacked(1000) == std::uint64_t{1} << 30);
  CHECK(most_unpacked(std::uint64_t{1} << 30) == std::uint64_t{250} << 30);
}

TEST_CASE("prompt files may be gzip'd, whatever their format") {
  const auto rows = [](std::string_view name, std::string_view text) {
    return print(PromptRows(name, gzip(text)).open());
  };
  CHECK(rows("p.txt.gz",
             "\xEF\xBB\xBF"
             "a fox\r\nan owl") == "1: a fox | 2: an owl");
  CHECK(rows("p.csv.gz", "prompt,seed\r\na fox,1\r\n") == "2: a fox");
  CHECK(rows("p.TSV.GZ", "seed\tprompt\n1\ta fox\n") == "2: a fox");
  CHECK(rows("p.jsonl.gz", "{\"prompt\": \"a fox\"}\n") == "1: a fox");
  CHECK(rows("p.ndjson.gz", "\"a fox\"\n") == "1: a fox");
  CHECK(rows("p.gz", "{\"prompt\": \"a fox\"}\n") == "1: a fox");
  CHECK(rows("p.gz", "a fox\n") == "1: a fox");
  CHECK(rows("p.jsonl", "\"gzip'd, but not called so\"\n") == "1: gzip'd, but not called so");
}

TEST_CASE("a prompt file that is called .gz must be gzip'd, and of a known format within") {
  CHECK(PromptRows("p.txt.gz", "a fox\n").error() ==
        "p.txt.gz: it is not gzip at byte 1; 0 lines before it are good");
  CHECK_THAT(PromptRows("p.json.gz", gzip("[]")).error(), ContainsSubstring("one JSON document"));
  CHECK_THAT(PromptRows("p.tar.gz", gzip("")).error(), ContainsSubstring("also as .gz"));
  CHECK(PromptRows("p.txt.gz", gzip(" \n")).error() == "p.txt.gz: there is no prompt in it");
  CHECK(PromptRows("p.txt.gz", "").error() == "p.txt.gz: there is no prompt in it");
}
