#include "plan/identity.hpp"
#include "support/catch.hpp"
#include "unit/plan/prompt_rows.hpp"

#include <set>

using namespace pictor::host;
using namespace pictor::test;

namespace {

std::vector<Hash128> keys_of(std::string_view content, std::string_view name = "p.jsonl") {
  const Prompts prompts = PromptRows(name, content).open();
  std::vector<Hash128> keys;
  for (std::uint32_t i = 0; i < prompts.size(); ++i) keys.push_back(prompts.key(i));
  return keys;
}

}  // namespace

TEST_CASE("adding and moving rows leaves the others' identity alone") {
  const auto before = keys_of("\"a\"\n\"b\"\n{\"prompt\": \"c\", \"id\": \"x\"}\n");
  const auto after = keys_of("{\"prompt\": \"c\", \"id\": \"x\"}\n\"new\"\n\"b\"\n\"a\"\n");
  CHECK(after[0] == before[2]);
  CHECK(after[2] == before[1]);
  CHECK(after[3] == before[0]);
  CHECK(std::set<Hash128>(after.begin(), after.end()).size() == 4);
}

TEST_CASE("an id is the identity, whatever else the row says") {
  CHECK(keys_of("{\"prompt\": \"a\", \"id\": \"x\"}") ==
        keys_of("{\"prompt\": \"b\", \"id\": \"x\", \"seed\": 3}"));
  CHECK(keys_of("{\"prompt\": \"a\", \"id\": 7}") == keys_of("{\"prompt\": \"a\", \"id\": \"7\"}"));
}

TEST_CASE("without an id every value counts, but not the order of columns") {
  const auto key = keys_of("{\"prompt\": \"a\", \"seed\": 1}");
  CHECK(key == keys_of("{\"seed\": 1, \"text\": \"a\"}"));
  CHECK(key == keys_of("{\"prompt\": \"a\", \"seed\": 1, \"mood\": null}"));
  CHECK(key != keys_of("{\"prompt\": \"a\", \"seed\": 2}"));
  CHECK(key != keys_of("{\"prompt\": \"a\", \"seed\": 1, \"mood\": \"x\"}"));
  CHECK(keys_of("a\n", "p.txt") == keys_of("\"a\"\n"));
  CHECK(keys_of("prompt\na\n", "p.csv") == keys_of("\"a\"\n"));
}

TEST_CASE("rows of the same content are told apart and stay so") {
  const auto two = keys_of("\"a\"\n\"a\"\n");
  CHECK(two[0] != two[1]);
  const auto more = keys_of("\"a\"\n\"b\"\n\"a\"\n\"a\"\n");
  CHECK(more[0] == two[0]);
  CHECK(more[2] == two[1]);
  CHECK(more[3] != more[2]);
  CHECK(keys_of("{}\n{}\n\"a\"\n")[0] != keys_of("{}\n{}\n\"a\"\n")[1]);
}

TEST_CASE("identities are the same in every release") {
  CHECK(to_hex(key_of_id("fox-1")) == "4718d201869ec09acfa594d913b2ba4d");
  CHECK(to_hex(key_of_content({{"prompt", "a fox"}, {"seed", 7}})) ==
        "3a32e75fd9e8adc228850dae3dd4ec38");
  CHECK(sample_seed(42, std::nullopt, key_of_id("fox-1"), 3) == 1070578623U);
}

TEST_CASE("a row's own seed counts up and stays a signed 64-bit number") {
  const Hash128 key = key_of_id("x");
  CHECK(sample_seed(1, 7, key, 0) == 7);
  CHECK(sample_seed(1, 7, key, 3) == 10);
  CHECK(sample_seed(1, INT64_MAX, key, 1) == 0);
}

TEST_CASE("a derived seed depends on job, row and picture, and is short") {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t job : {0, 1}) {
    for (const char *id : {"a", "b"}) {
      for (std::uint32_t k : {0U, 1U}) {
        seeds.insert(sample_seed(job, std::nullopt, key_of_id(id), k));
      }
    }
  }
  CHECK(seeds.size() == 8);
  CHECK(*seeds.rbegin() <= UINT32_MAX);
}
