#include "base/error.hpp"
#include "base/file.hpp"
#include "config/config.hpp"
#include "dataset_scenario.hpp"
#include "run/convert.hpp"
#include "run/dataset_files.hpp"
#include "support/catch.hpp"

#include <map>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

constexpr const char *rows =
    "{\"prompt\": \"fox\", \"mood\": \"calm\"}\n"
    "{\"prompt\": \"dog\", \"num_generations\": 2}\n{\"prompt\": \"cat\"}\n";

ConvertTarget to(const std::string &layout) {
  ConvertTarget target;
  target.layout = layout;
  return target;
}

Converted convert(const fs::path &from, const fs::path &into, const ConvertTarget &target) {
  return convert_dataset(from, into, target);
}

// What a conversion there and back must give again.
std::map<std::string, std::string> content(const fs::path &folder) {
  std::map<std::string, std::string> files;
  for (const auto &entry : fs::recursive_directory_iterator(folder / "train")) {
    if (entry.is_directory()) continue;
    files[entry.path().lexically_relative(folder).string()] = pictor::host::read_file(entry.path());
  }
  files["failures.jsonl"] = pictor::host::read_file(folder / "failures.jsonl");
  return files;
}

struct Drawn : DatasetScenario {
  Drawn() : DatasetScenario(rows) {
    studio.behaviour = {{"cat", "refused"}};
    run();
  }
  fs::path at(const std::string &name) const { return dir / name; }
};

}  // namespace

TEST_CASE("there and back gives the same files") {
  const Drawn drawn;
  ConvertTarget shards = to("webdataset");
  shards.limits.pictures = 2;
  CHECK(convert(drawn.out(), drawn.at("shards"), shards).pictures == 3);
  CHECK(fs::exists(drawn.at("shards/train/train-png-000000.tar")));
  CHECK(fs::exists(drawn.at("shards/train/train-png-000001.tar")));
  CHECK_FALSE(fs::exists(drawn.at("shards/train/metadata.jsonl")));
  ConvertTarget folder = to("folder");
  folder.name = "{prompt}";
  folder.sidecar = "txt";
  convert(drawn.at("shards"), drawn.at("folder"), folder);
  CHECK(fs::exists(drawn.at("folder/train/dog-2.png")));
  CHECK(pictor::host::read_file(drawn.at("folder/train/dog-2.txt")) == "dog");
  convert(drawn.at("folder"), drawn.at("back"), to("imagefolder"));
  const auto before = content(drawn.out()), after = content(drawn.at("back"));
  CHECK(after.size() == before.size());
  for (const auto &[name, bytes] : before) {
    INFO(name);
    REQUIRE(after.contains(name));
    CHECK(after.at(name) == bytes);
  }
}

TEST_CASE("a converted dataset is one: it lists, shows and resumes") {
  Drawn drawn;
  convert(drawn.out(), drawn.at("shards"), to("webdataset"));
  write_dataset_gallery(drawn.at("shards"));
  const Config job = load_config(drawn.at("shards/job.yaml"));
  CHECK(job.job.output.dir == drawn.at("shards"));
  CHECK(job.job.output.layout == "webdataset");

  drawn.config.job.output.dir = drawn.at("shards");
  drawn.config.job.output.layout = "webdataset";
  CHECK(drawn.run().made == 0);
  drawn.write_prompts(std::string(rows) + "{\"prompt\": \"owl\"}\n");
  CHECK(drawn.run().made == 1);
  CHECK(fs::exists(drawn.at("shards/train/train-png-000001.tar")));
}

TEST_CASE("a folder that is in use or has something in it is refused") {
  const Drawn drawn;
  drawn.dir.write("full/notes.txt", "mine");
  CHECK_THROWS_WITH(convert(drawn.out(), drawn.at("full"), to("webdataset")),
                    ContainsSubstring("is not empty"));
  CHECK_THROWS_WITH(convert(drawn.at("full"), drawn.at("new"), to("webdataset")),
                    ContainsSubstring("no run of Pictor has written here"));
  CHECK_FALSE(fs::exists(drawn.at("full/.pictor")));
  const Ledger held = Ledger::open(drawn.out());
  CHECK_THROWS_AS(convert(drawn.out(), drawn.at("new"), to("webdataset")), Error);
  CHECK_FALSE(fs::exists(drawn.at("new")));
}

TEST_CASE("a picture that is not the one on record ends the conversion and leaves nothing") {
  const Drawn drawn;
  pictor::host::write_file(drawn.out() / "train/000001_0.png", "another");
  CHECK_THROWS_WITH(convert(drawn.out(), drawn.at("new"), to("webdataset")),
                    ContainsSubstring("train/000001_0.png: its bytes are not those"));
  CHECK_FALSE(fs::exists(drawn.at("new")));
  for (const auto &entry : fs::directory_iterator(drawn.at(""))) {
    CHECK_FALSE(entry.path().string().ends_with(".pictor-convert"));
  }
}

TEST_CASE("what a killed conversion left is no obstacle, and an empty folder neither") {
  const Drawn drawn;
  drawn.dir.write(".new.pictor-convert/train/half.png", "half");
  fs::create_directory(drawn.at("new"));
  convert(drawn.out(), drawn.at("new"), to("imagefolder"));
  CHECK_FALSE(fs::exists(drawn.at("new/train/half.png")));
  CHECK(content(drawn.at("new")) == content(drawn.out()));
}
