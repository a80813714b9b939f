#include "base/error.hpp"
#include "base/installation.hpp"
#include "config/config.hpp"
#include "support/catch.hpp"
#include "support/marked_yaml.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::MarkedYaml;
using pictor::test::TempDir;

namespace {

PriceTable read(const std::string &text) {
  const TempDir dir;
  return read_prices(dir.write("prices.yaml", text));
}

// What is wrong with a table, when the error points at the mark.
std::string prices_error(const std::string &marked) {
  const MarkedYaml yaml(marked);
  try {
    read(yaml.text);
  } catch (const Error &error) {
    return yaml.message_at_mark(error.what());
  }
  return "no error";
}

std::string error_of_entry(const std::string &marked) {
  return prices_error("entries:\n  - {plugin: openai, model: gpt-2, " + marked + "}\n");
}

Config load_job(const TempDir &dir, const std::string &lines) {
  return load_config(dir.write(
      "jobs/run.yaml",
      "pictor: 1\nmodels: {painter: {plugin: x}}\njob:\n  prompts: p.txt\n  output: {dir: out}\n" +
          lines));
}

}  // namespace

TEST_CASE("a table of prices is read") {
  const PriceTable table = read(
      "currency: USD\nas_of: 2026-11-22\nsource: the site\nentries:\n"
      "  - {plugin: openai, model: gpt*, when: {size: 1024x1024, n: [1, 2]}, image: 0.05}\n"
      "  - {plugin: openai, model: gpt*, image: {low: 0.1, likely: 0.15, high: 0.3}, as_of: "
      "2026-01-31}\n"
      "  - {plugin: hf, model: '*', tokens: {text_in: 5, image_out: 30}, source: elsewhere}\n");
  REQUIRE(table.entries.size() == 3);
  CHECK_FALSE(table.replace);
  CHECK(title_of(table.entries[0]) == "openai gpt* with size 1024x1024, n 1 or 2");
  CHECK(table.entries[0].image->low == 50'000);
  CHECK(table.entries[0].image->high == 50'000);
  CHECK(table.entries[0].as_of == "2026-11-22");
  CHECK(table.entries[0].source == "the site");
  CHECK(table.entries[1].image->likely == 150'000);
  CHECK(table.entries[1].as_of == "2026-01-31");
  CHECK(table.entries[2].tokens->image_out == 30);
  CHECK_FALSE(table.entries[2].tokens->image_in);
  CHECK(table.entries[2].source == "elsewhere");
}

TEST_CASE("mistakes in prices are told at their place") {
  CHECK(prices_error("entries: [[5]]\n") == "entries must be a list of prices");
  CHECK(prices_error("[[currncy]]: USD\nentries: []\n") ==
        "unknown prices key 'currncy'; did you mean 'currency'?");
  CHECK_THAT(prices_error("currency: [[EUR]]\nentries: []\n"), ContainsSubstring("currency"));
  CHECK(prices_error("as_of: [[22.11.2026]]\nentries: []\n") == "'22.11.2026' is no day");
  CHECK(error_of_entry("[[imge]]: 0.5") == "unknown price key 'imge'; did you mean 'image'?");
  CHECK(error_of_entry("image: [[-1]]") == "image must be 0..1000000, not -1");
  CHECK_THAT(error_of_entry("image: [[cheap]]"),
             ContainsSubstring("image must be a finite number"));
  CHECK(error_of_entry("image: {low: [[a lot]], high: 3}") ==
        "low must be a finite number, not \"a lot\"");
  CHECK_THAT(error_of_entry("image: {low: 1}"), ContainsSubstring("image price needs 'high'"));
  CHECK_THAT(error_of_entry("image: {low: 3, high: 1}"), ContainsSubstring("must rise"));
  CHECK_THAT(error_of_entry("tokens: {text_in: 5}"), ContainsSubstring("needs 'image_out'"));
  CHECK_THAT(error_of_entry("when: {quality: low}"),
             ContainsSubstring("'image', 'tokens' or 'times'"));
  CHECK_THAT(error_of_entry("times: 0.5, image: 1"),
             ContainsSubstring("'times' does not go with a price of its own"));
  CHECK(error_of_entry("times: [[-1]]") == "times must be 0..1000, not -1");
  CHECK_THAT(error_of_entry("when: 5, image: 1"), ContainsSubstring("when must be a map"));
  CHECK_THAT(error_of_entry("when: {size: {a: 1}}, image: 1"),
             ContainsSubstring("a condition is a value"));
  CHECK(prices_error("entries: [{plugin: a, model: [[g*t]], image: 1}]\n") ==
        "a * may stand at the end only");
  CHECK_THAT(prices_error("entries: [{model: g, image: 1}]\n"),
             ContainsSubstring("needs 'plugin'"));
  CHECK_THAT(prices_error(""), ContainsSubstring("prices must be a map"));
}

TEST_CASE("a job names a file of prices, or holds them") {
  const TempDir dir;
  dir.write("jobs/mine.yaml", "entries: [{plugin: a, model: b, image: 1}]\n");
  const Config named = load_job(dir, "  prices: mine.yaml\n");
  REQUIRE(named.job.prices);
  CHECK(named.job.prices->file == dir / "jobs/mine.yaml");
  CHECK(named.job.prices->entries.size() == 1);
  const Config held =
      load_job(dir, "  prices: {replace: true, entries: [{plugin: a, model: b, image: 1}]}\n");
  CHECK(held.job.prices->replace);
  CHECK(held.job.prices->file.empty());
  CHECK_THROWS_WITH(load_job(dir, "  prices: gone.yaml\n"), ContainsSubstring("gone.yaml"));
}

TEST_CASE("a budget is read, and its mistakes are told") {
  const TempDir dir;
  CHECK_FALSE(load_job(dir, "").job.budget);
  const Config config = load_job(dir, "  budget: {max_cost: 25.00}\n");
  CHECK(config.job.budget->max_cost == 25'000'000);
  CHECK_FALSE(config.job.budget->allows_unknown_prices);
  CHECK_THROWS_WITH(load_job(dir, "  budget: {}\n"), ContainsSubstring("budget needs 'max_cost'"));
  CHECK_THROWS_WITH(load_job(dir, "  budget: 25\n"), ContainsSubstring("budget must be a map"));
  CHECK_THROWS_WITH(load_job(dir, "  budget: {max_cost: -1}\n"),
                    ContainsSubstring("run.yaml:6:22: max_cost must be 0..1000000000, not -1"));
  CHECK_THROWS_WITH(load_job(dir, "  budget: {max_cost: 1, unknown_price: guess}\n"),
                    ContainsSubstring("unknown_price"));
}

TEST_CASE("every price that comes with pictor says when and where it was read") {
  const PriceTable table = read_prices(share_folder() / "prices.yaml");
  CHECK(table.as_of >= "2026-11-22");
  CHECK_FALSE(table.entries.empty());
  for (const PriceEntry &entry : table.entries) {
    CAPTURE(title_of(entry));
    CHECK_FALSE(entry.as_of.empty());
    CHECK_FALSE(entry.source.empty());
    CHECK(entry.as_of <= table.as_of);
  }
}
