#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "dataset_scenario.hpp"
#include "output/tar.hpp"
#include "run/dataset_files.hpp"
#include "run/sink.hpp"
#include "run/stored_pictures.hpp"
#include "support/catch.hpp"

#include <array>
#include <map>
#include <set>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

constexpr const char *weighed_rows =
    "{\"prompt\": \"fox\", \"mood\": \"calm\", \"weight\": 1}\n"
    "{\"prompt\": \"dog\", \"num_generations\": 2, \"weight\": 2}\n"
    "{\"prompt\": \"cat\", \"weight\": 3}\n";

struct WebdatasetScenario : DatasetScenario {
  explicit WebdatasetScenario(const std::string &prompts = weighed_rows)
      : DatasetScenario(prompts) {
    config.job.output.layout = "webdataset";
  }

  // "train-png-000000.tar: 000000_0 000001_0 | ..."
  std::string shards() const {
    std::map<std::string, std::string> keys;
    Ledger::open_read_only(out()).for_each_end([&](const SampleEnd &end) {
      if (end.outcome != Outcome::ok) return;
      keys[end.container] += " " + end.file_name.substr(0, end.file_name.find('.'));
    });
    std::string text;
    for (const auto &[shard, samples] : keys) {
      text += (text.empty() ? "" : " | ") + shard + ":" + samples;
    }
    return text;
  }

  Json sample(const std::string &shard, const std::string &key) const {
    return Json::parse(TarReader(out() / "train" / shard).read(key + ".json"));
  }

  // Every file of the split folder and the spool.
  std::string files() const {
    std::set<std::string> names;
    for (const fs::path &folder : {out() / "train", spool_folder(out())}) {
      for (const auto &entry : fs::directory_iterator(folder)) {
        names.insert(entry.path().lexically_relative(out()).string());
      }
    }
    std::string text;
    for (const std::string &name : names) text += (text.empty() ? "" : " ") + name;
    return text;
  }
};

}  // namespace

TEST_CASE("a webdataset run leaves shards behind") {
  WebdatasetScenario scenario;
  CHECK(scenario.run().made == 4);
  CHECK(scenario.shards() == "train-png-000000.tar: 000000_0 000001_0 000001_1 000002_0");
  CHECK(scenario.files() == "train/train-png-000000.tar");
  const TarReader shard(scenario.out() / "train/train-png-000000.tar");
  CHECK(shard.size() == 12);
  CHECK(shard.read("000000_0.txt") == "fox");
  CHECK_THAT(shard.read("000000_0.png"), ContainsSubstring("PNG"));
  const Json fox = scenario.sample("train-png-000000.tar", "000000_0");
  CHECK(fox["text"] == "fox");
  CHECK(fox["weight"] == 1);
  CHECK(fox["mood"] == "calm");
  CHECK(fox["num_inference_steps"] == 20);
  CHECK(fox["revised_prompt"] == "");
  const Json dog = scenario.sample("train-png-000000.tar", "000001_0");
  CHECK(dog["mood"] == "");
  std::vector<std::string> columns, others;
  for (const auto &[name, value] : fox.items()) columns.push_back(name);
  for (const auto &[name, value] : dog.items()) others.push_back(name);
  CHECK(columns == others);
  CHECK_THAT(scenario.file("README.md"), ContainsSubstring("train/train-png-*.tar"));
}

TEST_CASE("the same webdataset command again writes nothing") {
  WebdatasetScenario scenario;
  scenario.run();
  const std::uint64_t version = Ledger::open_read_only(scenario.out()).version();
  CHECK(scenario.run().made == 0);
  CHECK(Ledger::open_read_only(scenario.out()).version() == version);
}

TEST_CASE("later pictures open the next shard, and columns stay as they were") {
  WebdatasetScenario scenario("{\"prompt\": \"fox\", \"weight\": 1}\n");
  scenario.run();
  const std::string first = scenario.file("train/train-png-000000.tar");
  scenario.write_prompts(
      "{\"prompt\": \"fox\", \"weight\": 1}\n"
      "{\"prompt\": \"owl\", \"weight\": \"much\", \"new\": true}\n");
  scenario.config.job.output.shard_pictures = 50;  // may change
  CHECK(scenario.run().made == 1);
  CHECK(scenario.file("train/train-png-000000.tar") == first);
  CHECK(scenario.shards() == "train-png-000000.tar: 000000_0 | train-png-000001.tar: 000001_0");
  const Json owl = scenario.sample("train-png-000001.tar", "000001_0");
  CHECK(owl["weight"] == 0);
  CHECK(Json::parse(owl["extra"].get<std::string>()) == Json{{"weight", "much"}, {"new", true}});
}

TEST_CASE("a shard is closed by its number of pictures and by its size") {
  WebdatasetScenario scenario;
  // Which pictures share a shard depends on what was finished first; how many do not.
  SECTION("two pictures") {
    scenario.config.job.output.shard_pictures = 2;
    scenario.run();
    CHECK(scenario.files() == "train/train-png-000000.tar train/train-png-000001.tar");
    for (const char *name : {"train-png-000000.tar", "train-png-000001.tar"}) {
      CHECK(TarReader(scenario.out() / "train" / name).size() == 6);
    }
  }
  SECTION("a picture is larger than a shard") {
    scenario.config.job.output.shard_size = 1;
    scenario.run();
    for (int number = 0; number < 4; ++number) {
      const std::string name = "train-png-00000" + std::to_string(number) + ".tar";
      CHECK(TarReader(scenario.out() / "train" / name).size() == 3);
    }
  }
}

TEST_CASE("failures are in no shard") {
  WebdatasetScenario scenario;
  scenario.studio.behaviour = {{"dog", "refused"}};
  scenario.run();
  CHECK(scenario.shards() == "train-png-000000.tar: 000000_0 000002_0");
  CHECK_THAT(scenario.file("failures.jsonl"), ContainsSubstring("it is refused"));
}

TEST_CASE("a shard that the ledger does not know is written again under its name") {
  WebdatasetScenario scenario("{\"prompt\": \"fox\"}\n");
  scenario.run();
  const std::string shard = scenario.file("train/train-png-000000.tar");
  const std::string picture =
      TarReader(scenario.out() / "train/train-png-000000.tar").read("000000_0.png");
  SECTION("killed before the ledger knew of the shard") {
    Ledger ledger = Ledger::open(scenario.out());
    SampleEnd end = ledger.end({0, 0, 0}).value();
    end.container.clear();
    ledger.placed(std::array{end});
    write_file(spool_folder(scenario.out()) / "000000_0.png", picture);
  }
  SECTION("killed before the spool was cleared") {
    write_file(spool_folder(scenario.out()) / "000000_0.png", picture);
  }
  SECTION("killed before the picture was on record") {
    write_file(spool_folder(scenario.out()) / "000009_0.png", picture);
  }
  CHECK(scenario.run().made == 0);
  CHECK(scenario.files() == "train/train-png-000000.tar");
  CHECK(scenario.file("train/train-png-000000.tar") == shard);
  CHECK(scenario.shards() == "train-png-000000.tar: 000000_0");
}

TEST_CASE("a picture that vanished from the spool is drawn again") {
  WebdatasetScenario scenario("{\"prompt\": \"fox\"}\n");
  scenario.run();
  {
    Ledger ledger = Ledger::open(scenario.out());
    SampleEnd end = ledger.end({0, 0, 0}).value();
    end.container.clear();
    ledger.placed(std::array{end});
  }
  CHECK(scenario.run().made == 1);
  REQUIRE(scenario.status.warnings.size() == 1);
  CHECK_THAT(scenario.status.warnings[0], ContainsSubstring("are drawn again"));
  CHECK(scenario.shards() == "train-png-000000.tar: 000000_0");
}

TEST_CASE("pictures are read back from shards and from the spool") {
  WebdatasetScenario scenario;
  scenario.run();
  const Ledger ledger = Ledger::open_read_only(scenario.out());
  StoredPictures pictures(scenario.out(), ledger);
  ledger.for_each_end([&](const SampleEnd &end) {
    const std::string bytes = pictures.read(end);
    CHECK(sha256_hex(bytes.data(), bytes.size()) == end.sha256);
  });
  SampleEnd fox = ledger.end({0, 0, 0}).value();
  CHECK(pictures.place(fox) == "train/train-png-000000.tar/000000_0.png");
  fox.container.clear();
  write_file(spool_folder(scenario.out()) / fox.file_name, "spooled");
  CHECK(pictures.read(fox) == "spooled");
}

TEST_CASE("the gallery of a webdataset carries its pictures") {
  WebdatasetScenario scenario;
  scenario.run();
  write_dataset_gallery(scenario.out());
  CHECK_THAT(scenario.file("gallery.html"), ContainsSubstring("data:image/jpeg;base64,"));
}

TEST_CASE("an overwrite removes shards, also one that nobody knows") {
  WebdatasetScenario scenario;
  scenario.config.job.output.shard_pictures = 2;
  scenario.run();
  write_file(scenario.out() / "train/train-png-000002.tar", "left by a kill");
  write_file(scenario.out() / "train/mine.tar", "mine");
  scenario.write_prompts("{\"prompt\": \"fox\"}\n");
  RunOptions options;
  options.overwrite = true;
  scenario.run(options);
  CHECK(scenario.files() == "train/mine.tar train/train-png-000000.tar");
}

TEST_CASE("layout and transcode may not change, shard sizes may") {
  WebdatasetScenario scenario;
  scenario.run();
  scenario.config.job.output.shard_size = 5;
  CHECK_NOTHROW(scenario.run());
  scenario.config.job.output.transcode = true;
  CHECK_THROWS_WITH(scenario.run(), ContainsSubstring("job.output.transcode: false then, true"));
  scenario.config.job.output.transcode = false;
  scenario.config.job.output.layout = "imagefolder";
  CHECK_THROWS_WITH(scenario.run(),
                    ContainsSubstring("job.output.layout: \"webdataset\" then, \"imagefolder\""));
}
