#include "base/file.hpp"
#include "dataset_scenario.hpp"
#include "support/catch.hpp"

#include <set>
#include <sstream>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

struct FolderScenario : DatasetScenario {
  FolderScenario(const std::string &prompts, const std::string &name) : DatasetScenario(prompts) {
    config.job.output.layout = "folder";
    config.job.output.name = name;
  }
  std::string files() const {
    std::set<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(out() / "train")) {
      if (!entry.is_directory()) {
        names.insert(entry.path().lexically_relative(out() / "train").string());
      }
    }
    std::string text;
    for (const std::string &name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
};

}  // namespace

TEST_CASE("a folder's files are named after the template") {
  FolderScenario scenario(
      "{\"prompt\": \"A fox!\", \"id\": \"a/1\", \"season\": \"summer\"}\n"
      "{\"prompt\": \"dog\", \"seed\": 5, \"num_generations\": 2}\n",
      "{model}/{season}/{prompt}_{id}_{num_inference_steps}");
  CHECK(scenario.run().made == 3);
  CHECK(scenario.files() ==
        "metadata.jsonl painter/none/dog_000001_20-2.png painter/none/dog_000001_20.png "
        "painter/summer/a-fox_a-1_20.png");
  CHECK_THAT(scenario.file("train/metadata.jsonl"),
             ContainsSubstring("{\"file_name\":\"painter/summer/a-fox_a-1_20.png\""));
}

TEST_CASE("names do not depend on what was drawn first, nor on how often the run was begun") {
  const std::string rows = "{\"prompt\": \"fox\"}\n{\"prompt\": \"FOX\"}\n{\"prompt\": \"fox.\"}\n";
  FolderScenario whole(rows, "{prompt}");
  whole.run();
  CHECK(whole.files() == "fox-2.png fox-3.png fox.png metadata.jsonl");

  FolderScenario cut(rows, "{prompt}");
  cut.studio.behaviour = {{"fox", "transient"}};
  cut.run();
  CHECK(cut.files() == "fox-2.png fox-3.png metadata.jsonl");
  cut.studio.behaviour = {};
  CHECK(cut.run().made == 1);
  CHECK(cut.file("train/metadata.jsonl") == whole.file("train/metadata.jsonl"));
}

TEST_CASE("a sidecar stands beside each picture and goes with it") {
  FolderScenario scenario("{\"prompt\": \"fox\"}\n", "{row}/x");
  scenario.config.job.output.sidecar = "json";
  scenario.run();
  CHECK(scenario.files() == "000000/x.json 000000/x.png metadata.jsonl");
  const Json record = Json::parse(scenario.file("train/000000/x.json"));
  CHECK(record["file_name"] == "000000/x.png");
  CHECK(record["text"] == "fox");
  scenario.write_prompts("{\"prompt\": \"dog\"}\n");
  scenario.config.job.output.sidecar = "txt";
  RunOptions options;
  options.overwrite = true;
  scenario.run(options);
  CHECK(scenario.files() == "000000/x.png 000000/x.txt metadata.jsonl");
  CHECK(scenario.file("train/000000/x.txt") == "dog");
}

TEST_CASE("without a template a folder is named as an imagefolder is") {
  FolderScenario scenario("{\"prompt\": \"fox\"}\n", "");
  scenario.run();
  CHECK(scenario.files() == "000000_0.png metadata.jsonl");
}

TEST_CASE("the template may not change") {
  FolderScenario scenario("{\"prompt\": \"fox\"}\n", "{prompt}");
  scenario.run();
  scenario.config.job.output.name = "{row}";
  CHECK_THROWS_WITH(scenario.run(), ContainsSubstring("job.output.name: \"{prompt}\" then"));
}

TEST_CASE("failures have a file of their own") {
  FolderScenario scenario(
      "{\"prompt\": \"fox\", \"id\": \"a\"}\n"
      "{\"prompt\": \"dog\", \"num_inference_steps\": \"many\"}\n{\"prompt\": \"cat\"}\n",
      "{prompt}");
  scenario.studio.behaviour = {{"fox", "refused"}};
  scenario.run();
  std::istringstream lines(scenario.file("failures.jsonl"));
  std::string line;
  std::getline(lines, line);
  const Json fox = Json::parse(line);
  CHECK(fox["row"] == 0);
  CHECK(fox["id"] == "a");
  CHECK(fox["model"] == "painter");
  CHECK(fox["generation"] == 0);
  CHECK(fox["outcome"] == "refused");
  CHECK(fox["message"] == "it is refused");
  CHECK(fox["http_status"].is_null());
  CHECK(fox["attempts"] == 1);
  CHECK(fox["cost"].is_null());
  CHECK(fox["prompt"] == "fox");
  CHECK(fox["line"] == 1);
  std::getline(lines, line);
  CHECK(Json::parse(line)["outcome"] == "invalid");
  CHECK(Json::parse(line)["stage"] == "row");
  CHECK(Json::parse(line)["line"] == 2);
  CHECK_FALSE(std::getline(lines, line));

  scenario.write_prompts("{\"prompt\": \"cat\"}\n{\"prompt\": \"fox\", \"id\": \"b\"}\n");
  scenario.studio.behaviour = {};
  RunOptions options;
  options.overwrite = true;
  scenario.run(options);
  CHECK_FALSE(scenario.has("failures.jsonl"));
}
