#include "support/catch.hpp"
#include "unit/plan/prompt_rows.hpp"

#include <fmt/format.h>

#include <set>

using namespace pictor::host;
using namespace pictor::test;

namespace {

MatrixKey matrix_key(const std::string &name, std::vector<Json> values) {
  MatrixKey key{name, {std::make_shared<const Source>("run.yaml", name), 1, 1, 1}, {}};
  for (const Json &value : values) {
    WrittenParameter written;
    written.name = name;
    written.value = value;
    written.text = value.is_string() ? value : Json(value.dump());
    written.value_place = key.place;
    key.values.push_back(std::move(written));
  }
  return key;
}

struct ExpandedRows : PromptRows {
  ExpandedRows(std::string_view name, std::string_view content, Variants variants = Variants::all,
               std::vector<MatrixKey> matrix = {})
      : PromptRows(name, content) {
    job.variants = variants;
    job.matrix = std::move(matrix);
  }
};

// By prompt and style: what a row is known by.
std::set<std::string> identities(const Prompts &prompts) {
  std::set<std::string> result;
  for (std::uint32_t i = 0; i < prompts.size(); ++i) {
    const Row row = prompts.row(i);
    result.insert(fmt::format("{} {} {} {}", row.prompt, row.columns.value("style", ""), row.id,
                              to_hex(prompts.key(i))));
  }
  return result;
}

bool includes(const std::set<std::string> &all, const std::set<std::string> &some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

const std::string two_rows =
    "{\"prompt\": \"a {red|blue} fox\"}\n"
    "{\"id\": \"x\", \"prompt\": \"an {owl|elk}, {{style}}\", \"seed\": 3}\n";

}  // namespace

TEST_CASE("every combination of a row is a row") {
  const Prompts prompts = ExpandedRows("p.txt", "a {red|blue} fox\n\nan owl\n").open();
  CHECK(print(prompts) == "1: a red fox | 1: a blue fox | 3: an owl");
  CHECK(prompts.rows_in_file() == 2);
  CHECK(prompts.size() == 3);
}

TEST_CASE("braces are text where variants are off") {
  const ExpandedRows rows("p.txt", "a {red|blue} fox \\{ __x__\n", Variants::off);
  CHECK(print(rows.open()) == "1: a {red|blue} fox \\{ __x__");
}

TEST_CASE("the matrix gives every row every combination, the last key changing quickest") {
  const ExpandedRows rows("p.csv", "prompt,mood\n{a|b} {{style}},calm\n", Variants::all,
                          {matrix_key("width", {64, 128}), matrix_key("style", {"flat", "oil"})});
  const Prompts prompts = rows.open();
  CHECK(
      print(prompts) ==
      "2: a flat | 2: a oil | 2: a flat | 2: a oil | 2: b flat | 2: b oil | 2: b flat | 2: b oil");
  CHECK(prompts.row(2).parameters == Parameters{{"width", 128}});
  CHECK(prompts.row(2).columns == Json({{"mood", "calm"}, {"style", "flat"}}));
  CHECK(prompts.columns().size() == 2);
}

TEST_CASE("a matrix works without variants, and tells when it is named in a prompt") {
  const ExpandedRows rows("p.txt", "a {{mood}} {fox}\n", Variants::off,
                          {matrix_key("mood", {"flat", "oil"})});
  const Prompts prompts = rows.open();
  CHECK(print(prompts) == "1: a {{mood}} {fox} | 1: a {{mood}} {fox}");
  REQUIRE(prompts.warnings().size() == 1);
  CHECK_THAT(prompts.warnings()[0], ContainsSubstring("{{mood}} stays as it is in 'prompt'"));
}

TEST_CASE("a column that a template fills in is no slip of a parameter's name") {
  const std::vector<MatrixKey> matrix = {matrix_key("style", {"flat"})};
  CHECK(
      ExpandedRows("p.txt", "a {{style}} fox\n", Variants::all, matrix).open().warnings().empty());
  CHECK(ExpandedRows("p.txt", "a fox\n", Variants::all, matrix).open().warnings().size() == 1);
}

TEST_CASE("a row that nothing expands keeps the key it has without variants") {
  const std::string content =
      "{\"prompt\": \"a fox\", \"mood\": \"calm\"}\n"
      "{\"prompt\": \"an owl\", \"id\": 7}\n\"a fox\"\n\"a fox\"\n{}\n";
  const Prompts off = ExpandedRows("p.jsonl", content, Variants::off).open();
  for (const Variants variants : {Variants::all, Variants::random}) {
    const Prompts on = ExpandedRows("p.jsonl", content, variants).open();
    REQUIRE(on.size() == off.size());
    for (std::uint32_t i = 0; i < on.size(); ++i) CHECK(on.key(i) == off.key(i));
    CHECK(on.row(1).id == "7");
  }
}

TEST_CASE("a row that came out is known like one that was written so") {
  const Prompts written = ExpandedRows("p.jsonl", "\"a blue fox\"\n", Variants::off).open();
  CHECK(ExpandedRows("p.txt", "a {red|blue} fox\n").open().key(1) == written.key(0));
}

TEST_CASE("rows, options and values can be added without touching those that were there") {
  const auto style = [](std::vector<Json> values) {
    return std::vector<MatrixKey>{matrix_key("style", std::move(values))};
  };
  const auto before =
      identities(ExpandedRows("p.jsonl", two_rows, Variants::all, style({"flat", "oil"})).open());
  CHECK(before.size() == 8);
  CHECK(includes(identities(ExpandedRows("p.jsonl", "\"new {a|b}\"\n" + two_rows, Variants::all,
                                         style({"flat", "oil", "ink"}))
                                .open()),
                 before));
  std::string more = two_rows;
  more.replace(more.find("red|"), 4, "red|green|");
  more.replace(more.find("owl|"), 4, "cat|owl|");
  CHECK(includes(
      identities(ExpandedRows("p.jsonl", more, Variants::all, style({"flat", "oil"})).open()),
      before));
}

TEST_CASE("a row with an id gives each combination an id of its own") {
  const Prompts prompts =
      ExpandedRows("p.jsonl", two_rows, Variants::all, {matrix_key("style", {"flat", "oil"})})
          .open();
  std::set<std::string> ids;
  for (std::uint32_t i = 4; i < 8; ++i) {
    const Row row = prompts.row(i);
    CHECK(row.id.size() == 18);
    CHECK(row.id.starts_with("x-"));
    CHECK(row.seed == 3U);
    ids.insert(row.id);
  }
  CHECK(ids.size() == 4);
}

TEST_CASE("random draws one combination of a row, or as many as are asked for") {
  ExpandedRows rows("p.txt", "a {red|blue|green} fox\nan owl\n", Variants::random);
  CHECK(rows.open().size() == 2);
  rows.job.draws = 5;
  CHECK(rows.open().size() == 6);
  rows.job.matrix = {matrix_key("style", {"flat", "oil"})};
  const Prompts prompts = rows.open();
  CHECK(prompts.size() == 12);
  // The same draw for every combination of the matrix.
  for (std::uint32_t i = 0; i < 12; i += 2)
    CHECK(prompts.row(i).prompt == prompts.row(i + 1).prompt);
}

TEST_CASE("a draw hangs on the job's seed and the row, not on its place") {
  const std::string colours = "{red|blue|green|black|white|grey|pink|brown}";
  const auto draws = [&](const std::string &content, std::uint64_t seed) {
    ExpandedRows rows("p.jsonl", content, Variants::random);
    rows.job.draws = 4;
    rows.job.seed = seed;
    return identities(rows.open());
  };
  const std::string fox = "{\"prompt\": \"a " + colours + " fox\"}\n",
                    owl = "{\"prompt\": \"a " + colours + " owl\", \"id\": 1}\n";
  const auto before = draws(fox + owl, 1);
  CHECK(before.size() == 8);
  CHECK(draws(owl + fox, 1) == before);
  CHECK(includes(draws("\"new\"\n" + owl + fox + fox, 1), before));
  CHECK(draws(fox + owl, 2) != before);
}

TEST_CASE("what is wrong with a row is told once, with one combination by itself") {
  const ExpandedRows rows("p.jsonl",
                          "{\"prompt\": \"{a|b}\", \"width\": 5}\n{\"prompt\": \"{a|}\"}\n"
                          "{\"prompt\": \"{a|b\"}\n{\"prompt\": \"{{mod}}\", \"mood\": 1}\n"
                          "{\"prompt\": \"{{text}}\"}\n");
  const Prompts prompts = rows.open();
  CHECK(print(prompts) == "2: a");
  CHECK(print_bad(prompts) ==
        "1: width must be at least 64, not 5 | 2: the prompt is empty (combination 2 of 2) | "
        "3: prompt: the '{' is never closed; \\{ is the character itself (byte 1) | "
        "4: prompt: {{mod}}: the row has no such column; did you mean 'mood'? | "
        "5: prompt: {{text}}: a prompt cannot be a part of one");
  CHECK(prompts.num_generations(1) == 1);
  CHECK(prompts.num_generations(2) == 0);
  CHECK_THROWS_AS(prompts.row(2), std::out_of_range);
  CHECK_THROWS_AS(prompts.row(6), std::out_of_range);
}

TEST_CASE("an explosion is counted, refused and explained") {
  std::string prompt;
  for (int i = 0; i < 8; ++i) prompt += "{0|1|2|3|4|5|6|7|8|9}";
  const std::string content = "a fox\n" + prompt + "\n";
  CHECK(ExpandedRows("p.txt", content, Variants::all, {matrix_key("style", {"flat", "oil"})})
            .error() ==
        "p.txt: 2 rows would be expanded to 200000002, more than 10000000; most of all line 2, to "
        "200000000: prompt 100000000 x style 2");
  for (int i = 0; i < 12; ++i) prompt += "{0|1|2|3|4|5|6|7|8|9}";
  CHECK_THAT(ExpandedRows("p.txt", prompt).error(), ContainsSubstring("more than 10^19"));
}

TEST_CASE("a matrix that cannot be is an error at its place") {
  const auto error = [](std::vector<MatrixKey> matrix, std::string_view row = "\"a\"\n") {
    const std::string text = ExpandedRows("p.jsonl", row, Variants::all, std::move(matrix)).error();
    return text.substr(0, text.find('\n'));
  };
  CHECK(error({matrix_key("width", {64, 65})}) ==
        "run.yaml:1:1: width must be a multiple of 8, not 65; 64 and 72 are");
  CHECK(error({matrix_key("prompt", {"a"})}) == "run.yaml:1:1: matrix cannot vary prompt");
  CHECK(error({matrix_key("steps", {5}), matrix_key("num_inference_steps", {6})}) ==
        "run.yaml:1:1: 'steps' and 'num_inference_steps' are the same parameter");
  CHECK(error({matrix_key("seed", {-1})}) ==
        "run.yaml:1:1: seed must be 0 or more, not -1; leave it out to have one chosen");
  CHECK(error({matrix_key("steps", {5})}, "{\"prompt\": \"a\", \"num_inference_steps\": 6}\n") ==
        "p.jsonl:1: the row has 'num_inference_steps', which job.matrix varies as 'steps'");
  ExpandedRows pinned("p.txt", "a\n", Variants::all, {matrix_key("steps", {5})});
  pinned.rules.pinned = {{"num_inference_steps"}};
  CHECK_THAT(pinned.error(),
             ContainsSubstring("num_inference_steps is given with --param, and varied here"));
}

TEST_CASE("a matrix can vary the seed, and give a parameter that rows must bring") {
  ExpandedRows rows("p.txt", "a\n", Variants::off,
                    {matrix_key("seed", {1, 2}), matrix_key("steps", {5})});
  rows.rules.missing = {{"num_inference_steps"}};
  const Prompts prompts = rows.open();
  CHECK(prompts.bad_rows().empty());
  CHECK(prompts.row(1).seed == 2U);
  CHECK(prompts.row(1).parameters == Parameters{{"num_inference_steps", 5}});
}
