#include "base/error.hpp"
#include "ledger/shard.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::string parsed(const std::string &text) {
  try {
    return name_of(parse_shard(text));
  } catch (const Error &error) {
    return error.hint();
  }
}

}  // namespace

TEST_CASE("shards count from 0, below their number") {
  CHECK(parsed("0/1") == "0/1");
  CHECK(parsed("15/16") == "15/16");
  for (const char *text : {"16/16", "", "/", "1", "1/", "/2", "-1/2", "1/0", "0/0", "1/2/3", " 1/2",
                           "a/b", "1.0/2", "1/99999999999"}) {
    INFO(text);
    CHECK_THAT(parsed(text), ContainsSubstring("from 0"));
  }
}

TEST_CASE("every row goes to exactly one shard") {
  for (std::uint32_t position = 0; position < 20; ++position) {
    int drawn = 0;
    for (std::uint32_t index = 0; index < 3; ++index) drawn += Shard{index, 3}.draws(position);
    CHECK(drawn == 1);
  }
  CHECK(Shard{1, 3}.draws(7));
}

TEST_CASE("a folder's shards are found by their names, whatever else lies there") {
  const TempDir dir;
  CHECK(unmerged_shards(dir.path()).empty());
  dir.write(".pictor/shards/job.json", "{}");
  dir.write(".pictor/shards/0002-of-0016/lock", "");
  dir.write(".pictor/shards/0000-of-0016/lock", "");
  dir.write(".pictor/shards/16-of-16/lock", "");
  dir.write(".pictor/shards/notes/lock", "");
  CHECK(list_of(unmerged_shards(dir.path())) == "0/16 and 2/16");
  CHECK(ledger_folder("out", Shard{3, 16}) == "out/.pictor/shards/0003-of-0016");
  CHECK(ledger_folder("out", std::nullopt) == "out/.pictor");
  CHECK(container_prefix(Shard{3, 16}) == "0003-of-0016-");
  CHECK(container_prefix(std::nullopt).empty());
}

TEST_CASE("a long list of shards is cut") {
  std::vector<Shard> shards;
  for (std::uint32_t i = 0; i < 14; ++i) shards.push_back({i, 14});
  CHECK_THAT(list_of(shards), ContainsSubstring("11/14 and 2 more"));
  CHECK(list_of({{0, 2}}) == "0/2");
}
