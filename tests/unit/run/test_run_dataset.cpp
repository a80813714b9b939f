#include "base/file.hpp"
#include "dataset_scenario.hpp"
#include "output/decode.hpp"
#include "output/stored_settings.hpp"
#include "run/dataset_files.hpp"
#include "support/catch.hpp"

#include <fstream>
#include <sstream>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

std::vector<Json> lines(const std::string &text) {
  std::vector<Json> records;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) records.push_back(Json::parse(line));
  return records;
}

constexpr const char *two_rows =
    "{\"prompt\": \"fox\", \"id\": \"a\", \"mood\": \"calm\"}\n"
    "{\"prompt\": \"dog\", \"num_generations\": 2, \"num_inference_steps\": 5}\n";

}  // namespace

TEST_CASE("a run leaves a dataset behind") {
  DatasetScenario scenario(two_rows);
  const Summary summary = scenario.run();
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(summary.made == 3);
  CHECK(scenario.has("train/000000_0.png"));
  CHECK(scenario.has("train/000001_1.png"));

  const std::vector<Json> records = lines(scenario.file("train/metadata.jsonl"));
  REQUIRE(records.size() == 3);
  const Json &fox = records[0];
  CHECK(fox["file_name"] == "000000_0.png");
  CHECK(fox["text"] == "fox");
  CHECK(fox["width"] == 1);
  CHECK(fox["height"] == 1);
  CHECK(fox["model"] == "painter");
  CHECK(fox["model_name"] == "fake/painter");
  CHECK(fox["plugin"] == "fake");
  CHECK(fox["plugin_version"] == "1.0");
  CHECK(fox["num_inference_steps"] == 20);
  CHECK(fox["id"] == "a");
  CHECK(fox["mood"] == "calm");
  CHECK(fox["sha256"].get<std::string>().size() == 64);
  CHECK(records[1]["num_inference_steps"] == 5);
  CHECK(records[1]["mood"].is_null());
  CHECK(records[1]["seed"] != records[2]["seed"]);

  CHECK_THAT(scenario.file("README.md"), ContainsSubstring("fake/painter"));
  CHECK_THAT(scenario.file("job.yaml"), ContainsSubstring("# painter: plugin fake 1.0"));
}

TEST_CASE("no file of a dataset names a secret") {
  DatasetScenario scenario(two_rows);
  scenario.run();
  for (const char *name : {"train/metadata.jsonl", "README.md", "job.yaml"}) {
    CHECK_THAT(scenario.file(name), !ContainsSubstring("FAKE_KEY"));
  }
  CHECK_THAT(Ledger::open_read_only(scenario.out()).job().dump(), !ContainsSubstring("FAKE_KEY"));
}

TEST_CASE("a picture carries its settings") {
  DatasetScenario scenario("{\"prompt\": \"fox\", \"seed\": 7}\n");
  scenario.run();
  const auto check = check_image(scenario.file("train/000000_0.png"));
  REQUIRE(std::holds_alternative<ImageInfo>(check));
  CHECK_THAT(scenario.file("train/000000_0.png"), ContainsSubstring("Seed: 7"));
}

TEST_CASE("the same command again does nothing at all") {
  DatasetScenario scenario(two_rows);
  scenario.run();
  const auto written = fs::last_write_time(scenario.out() / "README.md");
  const std::uint64_t version = Ledger::open_read_only(scenario.out()).version();
  const Summary summary = scenario.run();
  CHECK(summary.made == 0);
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(scenario.studio.loads == 1);
  CHECK(scenario.status.at_start.ended() == 3);
  CHECK(fs::last_write_time(scenario.out() / "README.md") == written);
  CHECK(Ledger::open_read_only(scenario.out()).version() == version);
}

TEST_CASE("rows may be added, moved and removed; pictures keep their names and seeds") {
  DatasetScenario scenario(two_rows);
  scenario.run();
  const Json dog = lines(scenario.file("train/metadata.jsonl"))[1];
  scenario.write_prompts(
      "{\"prompt\": \"cat\"}\n"
      "{\"prompt\": \"dog\", \"num_generations\": 2, \"num_inference_steps\": 5}\n");
  const Summary summary = scenario.run();
  CHECK(summary.made == 1);
  CHECK(scenario.has("train/000002_0.png"));
  const std::vector<Json> records = lines(scenario.file("train/metadata.jsonl"));
  REQUIRE(records.size() == 4);
  CHECK(records[1] == dog);
  CHECK(records[3]["text"] == "cat");
}

TEST_CASE("more generations of the same rows are added to what is there") {
  DatasetScenario scenario("{\"prompt\": \"fox\"}\n");
  scenario.run();
  const std::string first = scenario.file("train/000000_0.png");
  scenario.config.job.num_generations = 3;
  CHECK(scenario.run().made == 2);
  CHECK(scenario.file("train/000000_0.png") == first);
  CHECK(scenario.has("train/000000_2.png"));
}

TEST_CASE("a limit draws the first pictures, and the next run the rest") {
  DatasetScenario scenario(two_rows);
  RunOptions options;
  options.limit = 2;
  const Summary summary = scenario.run(options);
  CHECK(summary.made == 2);
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(scenario.run().made == 1);
}

TEST_CASE("failures are in the ledger, not in the metadata") {
  DatasetScenario scenario(two_rows);
  scenario.studio.behaviour = {{"fox", "refused"}};
  CHECK(scenario.run().exit_code() == ExitCode::refused_only);
  CHECK(lines(scenario.file("train/metadata.jsonl")).size() == 2);
  CHECK_THAT(scenario.file("README.md"), ContainsSubstring("refused"));
}

TEST_CASE("a bad row is an invalid sample until it is mended") {
  DatasetScenario scenario(
      "{\"prompt\": \"fox\", \"id\": \"a\", \"num_inference_steps\": \"many\"}\n"
      "{\"prompt\": \"dog\", \"id\": \"b\"}\n");
  const Summary summary = scenario.run();
  CHECK(summary.counts[Outcome::invalid] == 1);
  CHECK(summary.counts[Outcome::ok] == 1);
  CHECK(summary.exit_code() == ExitCode::some_failed);
  REQUIRE(scenario.status.warnings.size() == 1);
  CHECK_THAT(scenario.status.warnings[0], ContainsSubstring("prompts.jsonl:1: "));

  const std::uint64_t version = Ledger::open_read_only(scenario.out()).version();
  scenario.run();
  CHECK(Ledger::open_read_only(scenario.out()).version() == version);

  scenario.write_prompts(
      "{\"prompt\": \"fox\", \"id\": \"a\", \"num_inference_steps\": 3}\n"
      "{\"prompt\": \"dog\", \"id\": \"b\"}\n");
  const Summary mended = scenario.run();
  CHECK(mended.made == 1);
  CHECK(mended.exit_code() == ExitCode::ok);
}

TEST_CASE("temporary files of a killed run are swept away") {
  DatasetScenario scenario(two_rows);
  scenario.run();
  const fs::path left = scenario.out() / "train/.pictor-000009_0.png.tmp";
  std::ofstream(left) << "half a picture";
  REQUIRE(pictor::host::is_temporary_name(left.filename().string()));
  scenario.run();
  CHECK_FALSE(fs::exists(left));
}

TEST_CASE("the gallery shows pictures and failures") {
  DatasetScenario scenario(two_rows);
  scenario.studio.behaviour = {{"fox", "refused"}};
  scenario.run();
  CHECK(write_dataset_gallery(scenario.out()) == scenario.out() / "gallery.html");
  CHECK_THAT(scenario.file("gallery.html"), ContainsSubstring("it is refused"));
  CHECK_THAT(scenario.file("gallery.html"), ContainsSubstring("000001_1.png"));
}

TEST_CASE("JPEG and WebP are made when the job asks for them") {
  DatasetScenario scenario("{\"prompt\": \"fox\"}\n");
  SECTION("jpeg") {
    scenario.config.job.output.format = ImageFormat::jpeg;
  }
  SECTION("webp") {
    scenario.config.job.output.format = ImageFormat::webp;
  }
  CHECK(scenario.run().made == 1);
  const Json record = lines(scenario.file("train/metadata.jsonl"))[0];
  const auto check = check_image(scenario.file("train/" + record["file_name"].get<std::string>()));
  REQUIRE(std::holds_alternative<ImageInfo>(check));
  CHECK(std::get<ImageInfo>(check).format == scenario.config.job.output.format);
}

TEST_CASE("the metadata says who drew what another model refused") {
  DatasetScenario scenario(two_rows);
  scenario.spare = true;
  scenario.model.retry.on(Outcome::refused) = {RetryAction::fallback, "spare"};
  scenario.studio.behaviour = {{"dog", "refused"}};
  const Summary summary = scenario.run();
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(summary.counts.wanted == 3);
  const std::vector<Json> records = lines(scenario.file("train/metadata.jsonl"));
  REQUIRE(records.size() == 3);
  CHECK(records[0]["model"] == "painter");
  CHECK(records[0]["fallback_for"].is_null());
  CHECK(records[1]["model"] == "spare");
  CHECK(records[1]["fallback_for"] == "painter");
  CHECK(records[1]["num_inference_steps"] == 5);
  CHECK(records[1]["file_name"] == "000001_0.png");
  CHECK(scenario.run().made == 0);
}

TEST_CASE("a request that was lost in an earlier run is drawn again on the user's word") {
  DatasetScenario scenario(two_rows);
  RunOptions one;
  one.limit = 1;
  scenario.run(one);
  Ledger::open(scenario.out()).started(std::vector<StartedSample>{{{1, 0, 0}, 4000}});
  CHECK(scenario.run().counts[Outcome::maybe_billed] == 1);
  CHECK(scenario.run().made == 0);
  scenario.model.retry.redraw_maybe_billed = true;
  CHECK(scenario.run().exit_code() == ExitCode::ok);
  const auto end = Ledger::open_read_only(scenario.out()).end({1, 0, 0});
  REQUIRE(end);
  CHECK(end->outcome == Outcome::ok);
  CHECK(end->attempts == 2);
  CHECK(end->cost_micros == 4000);
}
