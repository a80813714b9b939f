#include "support/catch.hpp"
#include "unit/plan/prompt_rows.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

// What is wrong with this row, which stands behind a good one.
std::string wrong_with(const std::string &row) {
  const Prompts prompts = PromptRows("p.jsonl", "\"good\"\n" + row + "\n").open();
  return prompts.bad_rows().empty() ? "nothing" : prompts.bad_rows()[0].message;
}

std::string error_of(std::string_view name, std::string_view content) {
  return PromptRows(name, content).error();
}

}  // namespace

TEST_CASE("a bad row is listed with its line, and the others stay") {
  const PromptRows file("p.jsonl", "\"a\"\n{\"prompt\": \"b\", \"width\": 513}\n\n{}\n\"c\"\n");
  const Prompts prompts = file.open();
  CHECK(prompts.size() == 4);
  CHECK(print(prompts) == "1: a | 5: c");
  CHECK(print_bad(prompts) ==
        "2: width must be a multiple of 8, not 513; 512 and 520 are | 4: there is no prompt");
  CHECK(prompts.bad_rows()[0].index == 1);
  CHECK(prompts.num_generations(1) == 0);
  CHECK_THROWS_AS(prompts.row(1), std::out_of_range);
}

TEST_CASE("strict makes the first bad row an error") {
  const PromptRows file("p.jsonl", "\"a\"\n{\"prompt\": \"b\", \"width\": 513}\n", true);
  CHECK(file.error() == "p.jsonl:2: width must be a multiple of 8, not 513; 512 and 520 are");
}

TEST_CASE("every kind of wrong value is told") {
  CHECK(wrong_with(R"({"prompt": "x", "text": "y"})") ==
        "both 'prompt' and 'text' are there; leave one out");
  CHECK(wrong_with(R"({"prompt": "  "})") == "the prompt is empty");
  CHECK(wrong_with(R"({"prompt": 5})") == "prompt must be text, not 5");
  CHECK(wrong_with(R"({"prompt": "x", "steps": 0})") ==
        "num_inference_steps must be at least 1, not 0 (column 'steps')");
  CHECK(wrong_with(R"({"prompt": "x", "steps": 5, "num_inference_steps": 6})") ==
        "num_inference_steps is there twice, once as 'num_inference_steps'");
  CHECK(wrong_with(R"({"prompt": "x", "seed": -1})") ==
        "seed must be 0 or more, not -1; leave it out to have one chosen");
  CHECK(wrong_with(R"({"prompt": "x", "seed": 9223372036854775808})") ==
        "seed must be at most 9223372036854775807, not 9223372036854775808");
  CHECK(wrong_with(R"({"prompt": "x", "num_generations": 0})") ==
        "num_generations must be 1..10000, not 0");
  CHECK(wrong_with(R"({"prompt": "x", "model": "paintr"})") ==
        "model must be one of this job's (painter), not \"paintr\"; did you mean 'painter'?");
  CHECK(wrong_with(R"({"prompt": "x", "id": {}})") == "id must be text or a whole number, not {}");
  CHECK(wrong_with("{\"prompt\": \"" + std::string((1 << 20) + 1, 'x') + "\"}") ==
        "the prompt has 1048577 bytes, more than 1048576");
  CHECK(wrong_with("{\"prompt\": \"" + std::string(1 << 20, 'x') + "\"}") == "nothing");
  CHECK(wrong_with(R"({"prompt": "a\u0000b"})") == "the prompt holds the character NUL");
  CHECK(wrong_with("\"" + std::string(17 << 20, 'x') + "\"") == "the row is longer than 16 MiB");
}

TEST_CASE("a row that is no JSON says where") {
  CHECK_THAT(wrong_with(R"({"prompt": "x")"), ContainsSubstring("not JSON at byte"));
  CHECK_THAT(wrong_with("{\"prompt\": \"caf\xe9\"}"), ContainsSubstring("not JSON at byte"));
  CHECK(wrong_with("[1]") == "a row must be an object, or the prompt as text");
  CHECK(wrong_with("7") == "a row must be an object, or the prompt as text");
  CHECK(wrong_with(R"({"prompt": "x", "prompt": "y"})") == "the key 'prompt' stands there twice");
  CHECK(wrong_with(R"({"prompt": "x", "a": {"b": 1, "b": 2}})") ==
        "the key 'b' stands there twice");
  CHECK(wrong_with("{\"prompt\": \"x\", \"a\": " + std::string(100000, '[')) ==
        "more than 64 levels");
  CHECK_THAT(wrong_with("{\"prompt\": \"x\", \"seed\": 1e999}"), ContainsSubstring("not JSON"));
  CHECK_THAT(wrong_with("\"a\" \"b\""), ContainsSubstring("not JSON"));
}

TEST_CASE("text that is not UTF-8 or holds NUL is a bad row with its position") {
  const auto bad = [](std::string_view name, std::string_view content) {
    return print_bad(PromptRows(name, content).open());
  };
  CHECK(bad("p.txt", std::string("a\nb\xff\nc\0d\n", 9)) ==
        "2: not UTF-8 at byte 2 | 3: the character NUL at byte 2");
  CHECK(bad("p.csv", "prompt,x\na,\xff\nb,c\n") == "2: not UTF-8 at byte 3");
}

TEST_CASE("ragged and badly quoted CSV rows are bad rows") {
  const PromptRows file("p.csv", "prompt,x\na\nb,1,2\n\"c\"d,1\ne,1\n");
  CHECK(print_bad(file.open()) ==
        "2: 1 cells under a header of 2 | 3: 3 cells under a header of 2 | 4: text after the "
        "closing quote of cell 1; write quotes within a cell twice");
}

TEST_CASE("a message about a hostile row cannot steer a terminal") {
  const std::string message = wrong_with("{\"prompt\": \"x\", \"model\": \"\\u001b[31m\\u202e\"}");
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.find("\xe2\x80\xae") == std::string::npos);
}

TEST_CASE("a whole file can be wrong") {
  CHECK(error_of("p.csv", "prompt,x\na,1\n\"b,1\nc,1\n") ==
        "p.csv:3: the quote that opens here is never closed");
  CHECK(error_of("p.csv", "prompt,prompt\na,b\n") == "p.csv:1: two columns are called 'prompt'");
  CHECK(error_of("p.csv", "prompt,text\na,b\n") == "p.csv:1: both 'prompt' and 'text' are columns");
  CHECK(error_of("p.csv", ",prompt\n0,b\n") == "p.csv:1: a column without a name");
  CHECK(error_of("p.csv", "Prompt,x\na,1\n") ==
        "p.csv:1: no column is called 'prompt' or 'text'; did you mean 'prompt'?");
  CHECK(error_of("p.csv", "") == "p.csv: the file is empty");
  CHECK(error_of("p.txt", "\n \n") == "p.txt: there is no prompt in it");
  CHECK(error_of("p.csv", "prompt\n") == "p.csv: there is no prompt in it");
  CHECK(error_of("p.jsonl", "{}\n{}\n") == "p.jsonl:1: there is no prompt");
  CHECK(error_of("p.txt", std::string("\xff\xfe"
                                      "a\0",
                                      4)) == "p.txt: the file is UTF-16, not UTF-8");
  CHECK_THAT(error_of("p.txt.zst", "x"), ContainsSubstring("is not built yet"));
  CHECK_THAT(error_of("p.parquet", "x"), ContainsSubstring("is not built yet"));
  CHECK_THAT(error_of("p.json", "[]"), ContainsSubstring("one JSON document"));
  CHECK_THAT(error_of("prompts", "x"), ContainsSubstring("prompts are read from .txt"));
}

TEST_CASE("a missing file and a folder are named") {
  PromptRows file("p.txt", "x");
  file.job.prompts = file.dir / "none.txt";
  CHECK_THAT(file.error(), ContainsSubstring("none.txt"));
  file.job.prompts = file.dir.path();
  CHECK_THAT(file.error(), ContainsSubstring(file.dir.path().filename().string()));
}

TEST_CASE("an id that comes twice is an error that names both lines") {
  CHECK(error_of("p.jsonl",
                 "{\"prompt\": \"a\", \"id\": \"x\"}\n{\"prompt\": \"b\", \"id\": 1}\n"
                 "{\"prompt\": \"c\", \"id\": \"x\"}\n{\"prompt\": \"d\", \"id\": \"1\"}\n") ==
        "p.jsonl:3: this row has the id of line 1, 'x'");
}

TEST_CASE("a parameter that the job lacks must come with the row") {
  PromptRows file("p.jsonl", "{\"prompt\": \"a\", \"steps\": 5}\n{\"prompt\": \"b\"}\n");
  file.rules.missing = {{"num_inference_steps"}};
  CHECK(print_bad(file.open()) ==
        "2: painter needs 'num_inference_steps', which neither the row nor the job gives");
}

TEST_CASE("a model's own objection makes a bad row, once it is read as that model reads it") {
  PromptRows rows("rows.jsonl",
                  R"({"prompt": "wide", "width": 640}
{"prompt": "narrow", "width": 64, "model": "painter"}
{"prompt": "narrow", "width": 64, "model": "plain"}
{"prompt": "none"}
)",
                  false, true);
  rows.rules.objections = {[](const Row &row) -> std::string {
                             if (!row.parameters.contains("width")) return "";
                             return row.parameters.at("width") == 64 ? "64 is too narrow" : "";
                           },
                           nullptr};
  const Prompts prompts = rows.open();
  REQUIRE(prompts.bad_rows().size() == 1);
  CHECK(prompts.bad_rows()[0].line == 2);
  CHECK(prompts.bad_rows()[0].message == "64 is too narrow");
}

TEST_CASE("every combination of an expanded row is asked about") {
  PromptRows rows("rows.txt", "a {red|blue} fox\n");
  rows.job.variants = Variants::all;
  rows.rules.objections = {
      [](const Row &row) -> std::string { return row.prompt == "a blue fox" ? "no blue" : ""; }};
  const Prompts prompts = rows.open();
  CHECK(prompts.size() == 2);
  REQUIRE(prompts.bad_rows().size() == 1);
  CHECK(prompts.bad_rows()[0].message == "no blue (combination 2 of 2)");
}
