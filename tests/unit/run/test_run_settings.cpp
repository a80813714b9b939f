#include "base/error.hpp"
#include "dataset_scenario.hpp"
#include "support/catch.hpp"

#include <array>
#include <fstream>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

constexpr const char *one_row = "{\"prompt\": \"fox\"}\n";

std::string refusal(DatasetScenario &scenario) {
  try {
    scenario.run();
    return "ran";
  } catch (const Error &error) {
    return std::string(error.what()) + " | " + error.hint();
  }
}

}  // namespace

TEST_CASE("a setting that changes pixels is refused by name") {
  DatasetScenario scenario(one_row);
  scenario.run();
  SECTION("a parameter") {
    scenario.model.request["num_inference_steps"] = 30;
    CHECK_THAT(
        refusal(scenario),
        ContainsSubstring("models.painter.generation_kwargs.num_inference_steps: 20 then, 30 now"));
  }
  SECTION("the seed") {
    scenario.config.job.seed = 7;
    CHECK_THAT(refusal(scenario), ContainsSubstring("job.seed: 42 then, 7 now"));
  }
  SECTION("the format") {
    scenario.config.job.output.format = ImageFormat::jpeg;
    CHECK_THAT(refusal(scenario),
               ContainsSubstring("job.output.format: \"png\" then, \"jpeg\" now"));
  }
  SECTION("the plugin") {
    scenario.model.plugin = "other";
    CHECK_THAT(refusal(scenario),
               ContainsSubstring("models.painter.plugin: \"fake\" then, \"other\" now"));
  }
  SECTION("a parameter that was taken away") {
    scenario.model.request.clear();
    CHECK_THAT(refusal(scenario), ContainsSubstring("num_inference_steps: 20 then, not set now"));
  }
  CHECK_THAT(refusal(scenario), ContainsSubstring("--overwrite"));
  CHECK(scenario.studio.loads == 1);
}

TEST_CASE("settings that draw the same pixels may change") {
  DatasetScenario scenario(one_row);
  scenario.run();
  scenario.model.load["threads"] = 8;
  scenario.model.load["api_key"] = "OTHER_KEY";
  CHECK(refusal(scenario) == "ran");
}

TEST_CASE("a parameter that a newer plugin brings along is no change, at its default") {
  DatasetScenario scenario(one_row);
  scenario.run();
  ParameterSpec eta;
  eta.id = "eta";
  eta.type = ParameterType::number;
  eta.default_value = 0.0;
  scenario.model.specs.push_back(eta);
  scenario.model.request["eta"] = 0.0;
  CHECK(refusal(scenario) == "ran");
}

TEST_CASE("a parameter that is given for the first time is a change") {
  DatasetScenario scenario(one_row);
  scenario.run();
  scenario.model.specs.emplace_back().id = "negative_prompt";
  scenario.model.request["negative_prompt"] = "blurry";
  CHECK_THAT(refusal(scenario), ContainsSubstring("negative_prompt: not set then, \"blurry\" now"));
}

TEST_CASE("as long as nothing was drawn, everything may change") {
  DatasetScenario scenario(one_row);
  RunOptions nothing;
  nothing.limit = 0;
  scenario.run(nothing);
  scenario.config.job.seed = 7;
  CHECK(refusal(scenario) == "ran");
}

TEST_CASE("overwriting removes what was made here and nothing else") {
  DatasetScenario scenario("{\"prompt\": \"fox\"}\n{\"prompt\": \"dog\"}\n");
  scenario.run();
  std::ofstream(scenario.out() / "notes.txt") << "mine";
  std::ofstream(scenario.out() / "train/mine.png") << "mine too";
  scenario.write_prompts(one_row);
  scenario.config.job.seed = 7;
  RunOptions options;
  options.overwrite = true;
  CHECK(scenario.run(options).made == 1);
  CHECK(scenario.has("train/000000_0.png"));
  CHECK_FALSE(scenario.has("train/000001_0.png"));
  CHECK(scenario.file("notes.txt") == "mine");
  CHECK(scenario.file("train/mine.png") == "mine too");
}

TEST_CASE("a ledger cannot talk an overwrite into removing files elsewhere") {
  DatasetScenario scenario(one_row);
  scenario.run();
  const fs::path precious = scenario.dir.write("precious.txt", "mine");
  {
    Ledger ledger = Ledger::open(scenario.out());
    SampleEnd end = ledger.end({0, 0, 0}).value();
    end.file_name = "../../precious.txt";
    ledger.ended(std::array{end});
    end.key.generation = 1;
    end.file_name = precious.string();
    ledger.ended(std::array{end});
  }
  RunOptions options;
  options.overwrite = true;
  scenario.run(options);
  CHECK(read_file(precious) == "mine");
}

TEST_CASE("an overwrite that was cut short is finished by the next run") {
  DatasetScenario scenario(one_row);
  scenario.run();
  {
    Ledger ledger = Ledger::open(scenario.out());
    Json job = ledger.job();
    job["clearing"] = true;
    ledger.set_job(job);
  }
  fs::remove(scenario.out() / "train/000000_0.png");
  CHECK(scenario.run().made == 1);
  CHECK(scenario.has("train/000000_0.png"));
}

TEST_CASE("a folder with somebody else's files is refused and left alone") {
  DatasetScenario scenario(one_row);
  fs::create_directories(scenario.out());
  std::ofstream(scenario.out() / "thesis.tex") << "years of work";
  CHECK_THAT(refusal(scenario), ContainsSubstring("thesis.tex"));
  CHECK_FALSE(scenario.has(".pictor"));
}

TEST_CASE("an output path that is a file is refused") {
  DatasetScenario scenario(one_row);
  scenario.dir.write("out", "a file");
  CHECK_THAT(refusal(scenario), ContainsSubstring("is not a folder"));
}

TEST_CASE("an empty folder is as good as none") {
  DatasetScenario scenario(one_row);
  fs::create_directories(scenario.out());
  CHECK(refusal(scenario) == "ran");
}
