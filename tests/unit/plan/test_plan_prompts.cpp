#include "support/catch.hpp"
#include "unit/plan/prompt_rows.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::string rows_of(std::string_view name, std::string_view content) {
  return print(PromptRows(name, content).open());
}

}  // namespace

TEST_CASE("a text file has a prompt a line") {
  CHECK(rows_of("p.txt", "a fox\n\n  \n# a cat\r\nlast") == "1: a fox | 4: # a cat | 5: last");
  CHECK(rows_of("p.TXT",
                "\xEF\xBB\xBF"
                "a fox\n") == "1: a fox");
  CHECK(rows_of("p.txt", "{\"prompt\": \"x\"}\n") == "1: {\"prompt\": \"x\"}");
}

TEST_CASE("a JSON lines file has an object or a prompt a line") {
  CHECK(rows_of("p.jsonl", "{\"prompt\": \"a fox\"}\n\"a cat\"\r\n\n{\"text\": \"\\u00e9\"}") ==
        "1: a fox | 2: a cat | 4: é");
  CHECK(rows_of("p.ndjson", "{\"prompt\": \"a\", \"seed\": null}") == "1: a");
}

TEST_CASE("CSV follows RFC 4180") {
  CHECK(rows_of("p.csv", "prompt,seed\na fox,1\n\"a \"\"big\"\"\ncat, red\",\n\nlast,3") ==
        "2: a fox | 3: a \"big\"\ncat, red | 6: last");
  CHECK(rows_of("p.csv",
                "\xEF\xBB\xBF"
                "id, prompt\r\nx,a\r\ny,\"b\"\r\n") == "2: a | 3: b");
  CHECK(rows_of("p.tsv", "prompt\tseed\na, b\t1\n\"tab\there\"\t2\n") == "2: a, b | 3: tab\there");
}

TEST_CASE("columns are parameters, or travel to the metadata") {
  const PromptRows file("p.csv",
                        "id,prompt,seed,num_generations,steps,width,negative_prompt,mood,rank\n"
                        "a,fox,7,3,20,512,blur,calm,1\nb,cat,,,,,,,2\n");
  const Prompts prompts = file.open();
  const Row fox = prompts.row(0);
  CHECK(fox.id == "a");
  CHECK(fox.seed == 7U);
  CHECK(prompts.num_generations(0) == 3);
  CHECK(fox.parameters ==
        Parameters{{"num_inference_steps", 20}, {"width", 512}, {"negative_prompt", "blur"}});
  CHECK(fox.columns == Json({{"mood", "calm"}, {"rank", 1}}));
  const Row cat = prompts.row(1);
  CHECK_FALSE(cat.seed);
  CHECK(cat.parameters.empty());
  CHECK(cat.columns == Json({{"rank", 2}}));
  CHECK(prompts.num_generations(1) == 1);
  CHECK(prompts.columns() ==
        std::vector<std::pair<std::string, std::string>>{{"mood", "string"}, {"rank", "integer"}});
}

TEST_CASE("a row names its model, and each model reads its own parameters") {
  const PromptRows file("p.jsonl",
                        "{\"prompt\": \"a\", \"width\": 512}\n"
                        "{\"prompt\": \"b\", \"model\": \"plain\"}\n",
                        false, true);
  const Prompts prompts = file.open();
  CHECK_FALSE(prompts.model(0));
  CHECK(prompts.model(1) == 1U);
  CHECK(prompts.row(0, 0).parameters.size() == 1);
  CHECK(prompts.row(0, 1).parameters.empty());
  CHECK(prompts.row(1).model == "plain");
  REQUIRE(prompts.warnings().size() == 1);
  CHECK(prompts.warnings()[0] ==
        "column 'width' is not a parameter of plain: it makes no difference there");
}

TEST_CASE("a near miss of a parameter's name warns once") {
  const PromptRows file("p.jsonl",
                        "{\"prompt\": \"a\", \"stpes\": 5}\n{\"prompt\": \"b\", \"stpes\": 6}\n"
                        "{\"prompt\": \"c\", \"guidance_scale\": 7, \"mood\": \"x\"}\n");
  CHECK(file.open().warnings() ==
        std::vector<std::string>{
            "column 'stpes' is not a parameter; did you mean 'steps'?",
            "column 'guidance_scale' is not a parameter of this job's models: it goes to the "
            "metadata"});
}

TEST_CASE("a list in the YAML has rows with the lines of the YAML") {
  const auto source = std::make_shared<const Source>("run.yaml", "");
  JobConfig job;
  job.inline_prompts = {"a fox", {{"prompt", "a\ncat"}, {"seed", 3}}};
  job.inline_places = {{source, 8, 5, 1}, {source, 9, 5, 1}};
  job.folder = "/";
  RowRules rules;
  const std::vector<ParameterSpec> none;
  rules.models = {{"painter", &none}};
  const Prompts prompts = Prompts::open(job, rules);
  CHECK(print(prompts) == "8: a fox | 9: a\ncat");
  CHECK(prompts.row(1).seed == 3U);
}

TEST_CASE("a pipe is read whole and known by its first character") {
  const auto through_pipe = [](const std::string &content) {
    const TempDir dir;
    const auto path = dir / "pipe";
    REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    std::thread writer([&] { std::ofstream(path) << content; });
    JobConfig job;
    job.prompts = path;
    RowRules rules;
    const std::vector<ParameterSpec> none;
    rules.models = {{"painter", &none}};
    std::string text;
    try {
      text = print(Prompts::open(job, rules));
    } catch (const Error &error) {
      text = error.what();
    }
    writer.join();
    return text;
  };
  CHECK(through_pipe("\n {\"prompt\": \"a\"}\n") == "2: a");
  CHECK(through_pipe("a\nb\n") == "1: a | 2: b");
}

TEST_CASE("a picture is found beside the prompt file and looked at") {
  const PromptRows file("sub/p.jsonl",
                        "{\"prompt\": \"a\", \"image\": \"../fox.png\"}\n"
                        "{\"prompt\": \"b\", \"image\": \"none.png\"}\n"
                        "{\"prompt\": \"c\", \"image\": \"p.jsonl\"}\n"
                        "{\"prompt\": \"d\", \"image\": \"/\"}\n");
  const auto picture = file.dir.write("fox.png", "\x89PNG\r\n\x1a\n....");
  const Prompts prompts = file.open();
  CHECK(prompts.row(0).parameters.at("image") == picture.string());
  REQUIRE(prompts.bad_rows().size() == 3);
  CHECK_THAT(prompts.bad_rows()[0].message, ContainsSubstring("No such file"));
  CHECK_THAT(prompts.bad_rows()[1].message, ContainsSubstring("neither PNG, JPEG nor WebP"));
  CHECK_THAT(prompts.bad_rows()[2].message, ContainsSubstring("not a file"));
}

TEST_CASE("several pictures of a row are found beside the prompt file and looked at") {
  const PromptRows file("sub/p.jsonl",
                        "{\"prompt\": \"a\", \"images\": [\"../fox.png\", \"owl.png\"]}\n"
                        "{\"prompt\": \"b\", \"images\": \"owl.png\"}\n"
                        "{\"prompt\": \"c\", \"images\": [\"owl.png\", \"none.png\"]}\n");
  const std::string png = "\x89PNG\r\n\x1a\n....";
  const auto fox = file.dir.write("fox.png", png), owl = file.dir.write("sub/owl.png", png);
  const Prompts prompts = file.open();
  CHECK(prompts.row(0).parameters.at("images") == Json{fox.string(), owl.string()});
  CHECK(prompts.row(1).parameters.at("images") == Json::array({owl.string()}));
  REQUIRE(prompts.bad_rows().size() == 1);
  CHECK_THAT(prompts.bad_rows()[0].message,
             ContainsSubstring("images: ") && ContainsSubstring("none.png: No such file"));
}

TEST_CASE("a cell holds several pictures") {
  const PromptRows file("p.csv", "prompt,images\na,fox.png; owl.png\nb,\"[\"\"fox.png\"\"]\"\n");
  const std::string png = "\x89PNG\r\n\x1a\n....";
  const auto fox = file.dir.write("fox.png", png), owl = file.dir.write("owl.png", png);
  const Prompts prompts = file.open();
  CHECK(prompts.row(0).parameters.at("images") == Json{fox.string(), owl.string()});
  CHECK(prompts.row(1).parameters.at("images") == Json::array({fox.string()}));
}

TEST_CASE("the pictures of a row have a limit together") {
  const PromptRows file("p.jsonl",
                        "{\"prompt\": \"a\", \"images\": [\"h.png\", \"h.png\", \"h.png\", "
                        "\"h.png\", \"h.png\"]}\n\"b\"\n");
  std::filesystem::resize_file(file.dir.write("h.png", "\x89PNG\r\n\x1a\n"), 60ull << 20);
  CHECK_THAT(file.open().bad_rows().at(0).message,
             ContainsSubstring("5 files have 314572800 bytes together, more than 268435456"));
}

TEST_CASE("long prompts and rows across the reader's pieces come whole") {
  std::string content;
  for (int i = 0; i < 40; ++i) content.append(200000, static_cast<char>('a' + i % 26)) += '\n';
  const Prompts prompts = PromptRows("p.txt", content).open();
  REQUIRE(prompts.size() == 40);
  for (std::uint32_t i = 0; i < 40; ++i) {
    CHECK(prompts.row(i).prompt == std::string(200000, static_cast<char>('a' + i % 26)));
  }
}

TEST_CASE("rows can be read from several threads") {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += fmt::format("\"p{}\"\n", i);
  const Prompts prompts = PromptRows("p.jsonl", content).open();
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 1000; ++i) {
        wrong[t] += prompts.row(i).prompt != fmt::format("p{}", i);
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  CHECK(wrong == std::vector<int>(4, 0));
}

TEST_CASE("a file that changed since the scan is noticed") {
  const PromptRows file("p.txt", "a fox\na cat\n");
  const Prompts prompts = file.open();
  file.dir.write("p.txt", "a fox\na dog\nmore\n");
  CHECK(prompts.row(0).prompt == "a fox");
  CHECK_THROWS_WITH(prompts.row(1), ContainsSubstring("p.txt:2: the file was changed"));
  file.dir.write("p.txt", "");
  CHECK_THROWS_AS(prompts.row(0), Error);
}

TEST_CASE("a row of one model is read as its stand-in reads it, and checked for it too") {
  PromptRows rows("rows.jsonl",
                  R"({"prompt": "a fox", "model": "plain", "width": 128})"
                  "\n"
                  R"({"prompt": "a dog", "model": "plain", "width": 5})"
                  "\n"
                  R"({"prompt": "a cat", "model": "painter"})"
                  "\n",
                  false, true);
  std::swap(rows.rules.models[0], rows.rules.models[1]);
  rows.rules.stand_ins = {{1}, {}};
  rows.rules.nameable = 1;
  const Prompts prompts = rows.open();
  CHECK(prompts.row(0, 0).parameters.empty());
  CHECK(prompts.row(0, 1).parameters == Parameters{{"width", 128}});
  CHECK(print_bad(prompts) ==
        "2: width must be at least 64, not 5 | "
        "3: model must be one of this job's (plain), not \"painter\"");
}
