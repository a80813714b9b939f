#include "base/error.hpp"
#include "base/file.hpp"
#include "output/sample_columns.hpp"
#include "output/webdataset.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <array>

using namespace pictor::host;
using pictor::test::TempDir;

namespace fs = std::filesystem;

namespace {

fs::path write_shard(const fs::path &file) {
  ShardWriter shard(file);
  shard.add({"000000_0.png", "a fox", "{}"}, "picture");
  shard.add({"000001_0.png", "", "{\"seed\":1}"}, std::string(1000, 'x'));
  shard.commit();
  return file;
}

std::string types(const SampleColumns &columns) {
  std::string text;
  for (const auto &[name, type] : columns.columns()) {
    constexpr std::array<const char *, 4> names = {"string", "integer", "number", "boolean"};
    text += name + " " + names[static_cast<std::size_t>(type)] + ", ";
  }
  return text;
}

}  // namespace

TEST_CASE("a shard holds the files of its samples, and the same ones make the same bytes") {
  const TempDir dir;
  const TarReader shard(write_shard(dir / "a.tar"));
  CHECK(shard.size() == 6);
  CHECK(shard.first() == "000000_0.png");
  CHECK(shard.read("000000_0.png") == "picture");
  CHECK(shard.read("000001_0.png") == std::string(1000, 'x'));
  CHECK(shard.read("000001_0.txt").empty());
  CHECK(shard.read("000001_0.json") == "{\"seed\":1}");
  CHECK(pictor::host::read_file(write_shard(dir / "b.tar")) ==
        pictor::host::read_file(dir / "a.tar"));
  const std::uint64_t members = shard_bytes({"000000_0.png", "a fox", "{}"}, 7) +
                                shard_bytes({"000001_0.png", "", "{\"seed\":1}"}, 1000);
  CHECK(fs::file_size(dir / "a.tar") == members + 1024);
}

TEST_CASE("a shard that was not finished is not there") {
  const TempDir dir;
  {
    ShardWriter shard(dir / "a.tar");
    shard.add({"000000_0.png", "a fox", "{}"}, "picture");
  }
  CHECK(fs::is_empty(dir / ""));
}

TEST_CASE("what is no tar, cut off or lacks a member is told by name") {
  const TempDir dir;
  const std::string whole = pictor::host::read_file(write_shard(dir / "a.tar"));
  CHECK_THROWS_WITH(TarReader(dir.write("cut.tar", whole.substr(0, 4000))),
                    ContainsSubstring("cut.tar: not a whole tar"));
  CHECK_THROWS_WITH(TarReader(dir.write("text.tar", std::string(2000, 'a'))),
                    ContainsSubstring("text.tar: not a whole tar"));
  CHECK_THROWS_AS(TarReader(dir / "none.tar"), FileError);
  const TarReader shard(dir / "a.tar");
  CHECK_THROWS_WITH(shard.read("other.png"), ContainsSubstring("has no member other.png"));
  CHECK_THROWS_AS(shard.read("000001_0.png", 999), Error);
}

TEST_CASE("shards are numbered by extension and a number is used once") {
  const std::array<std::string, 3> known = {"train-png-000000.tar", "train-png-000007.tar",
                                            "other-jpg-000003.tar"};
  ShardNames names("train", known);
  CHECK(names.next("png") == "train-png-000008.tar");
  CHECK(names.next("png") == "train-png-000008.tar");
  names.take("png");
  CHECK(names.next("png") == "train-png-000009.tar");
  CHECK(names.next("jpg") == "train-jpg-000000.tar");
}

TEST_CASE("a column has a type when every record has it with that type") {
  ColumnSurvey survey;
  survey.observe({{"steps", 20}, {"scale", 1}, {"mood", "calm"}, {"flag", true}, {"some", 1}});
  survey.observe({{"steps", 30}, {"scale", 1.5}, {"mood", 7}, {"flag", false}});
  const SampleColumns columns = survey.finish();
  CHECK(types(columns) ==
        "text string, seed integer, width integer, height integer, model string, model_name "
        "string, plugin string, plugin_version string, steps integer, scale number, mood string, "
        "flag boolean, some string, revised_prompt string, finish_reason string, model_version "
        "string, provider_request_id string, cost string, cost_currency string, sha256 string, "
        "extra string, ");
  CHECK(types(sample_columns_from_json(to_json(columns))) == types(columns));
  CHECK_THROWS_AS(sample_columns_from_json({{"a", "nonsense"}}), Error);
}

TEST_CASE("every sample has every column and no null") {
  const SampleColumns columns({{"text"},
                               {"seed", SampleColumns::Type::integer},
                               {"scale", SampleColumns::Type::number},
                               {"mood"},
                               {"extra"}});
  CHECK(columns.fit({{"text", "fox"}, {"seed", 3}, {"scale", 7}, {"mood", {1, 2}}}).dump() ==
        R"({"text":"fox","seed":3,"scale":7.0,"mood":"[1,2]","extra":""})");
  CHECK(columns.fit({{"text", "fox"}, {"mood", nullptr}}).dump() ==
        R"({"text":"fox","seed":-1,"scale":0.0,"mood":"","extra":""})");
  // What has no column, or not its type, is not lost.
  CHECK(columns.fit({{"new", 1}, {"scale", "much"}, {"extra", true}})["extra"] ==
        R"({"new":1,"scale":"much","extra":true})");
}
