#include "config/prices.hpp"
#include "plan/price_list.hpp"
#include "plan/token_cost.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

PriceTable table_of(const std::string &entries) {
  const TempDir dir;
  return read_prices(dir.write("prices.yaml", "entries:\n" + entries));
}

// A model of the plugin `openai` and what its requests cost: "$0.05", or "unknown".
class Shop {
 public:
  explicit Shop(const std::string &entries, const std::vector<std::string> &names = {"gpt-2"},
                const Parameters &load = {})
      : prices_(std::make_shared<PriceTables>(PriceTables{table_of(entries)}), "openai", names,
                load) {}

  std::string price(const Parameters &asked = {}, std::uint32_t pictures = 1) const {
    const PriceEntry *entry = prices_.find(asked, pictures);
    if (entry == nullptr) return "unknown";
    return entry->image ? money_text(entry->image->likely) : "by tokens";
  }
  const PriceEntry *entry() const { return prices_.find({}, 1); }
  bool depends_on_request() const { return prices_.depends_on_request(); }

 private:
  ModelPrices prices_;
};

std::string tokens_cost(const std::string &record) {
  const TokenPrices prices{5, 8, {}, 30};
  const auto cost = cost_of_tokens(prices, Json::parse(record));
  return cost ? std::to_string(*cost) : "unknown";
}

}  // namespace

TEST_CASE("a price is found by plugin and model") {
  CHECK(Shop("  - {plugin: openai, model: gpt-2, image: 0.05}\n").price() == "$0.05");
  CHECK(Shop("  - {plugin: openai, model: gpt-22, image: 0.05}\n").price() == "unknown");
  CHECK(Shop("  - {plugin: openai, model: gpt, image: 0.05}\n").price() == "unknown");
  CHECK(Shop("  - {plugin: openai, model: gpt*, image: 0.05}\n").price() == "$0.05");
  CHECK(Shop("  - {plugin: other, model: gpt*, image: 0.05}\n").price() == "unknown");
  CHECK(Shop("  - {plugin: '*', model: '*', image: 0.05}\n").price() == "$0.05");
  CHECK(Shop("  - {plugin: openai, model: gpt*, tokens: {image_out: 30}}\n").price() ==
        "by tokens");
}

TEST_CASE("a model may be priced under any of its names") {
  const std::string entries = "  - {plugin: openai, model: my-gpt, image: 0.05}\n";
  CHECK(Shop(entries, {"gpt-2", "my-gpt"}).price() == "$0.05");
  CHECK(Shop(entries, {}).price() == "unknown");
}

TEST_CASE("the first entry whose conditions hold is the price") {
  const Shop shop(
      "  - {plugin: openai, model: gpt*, when: {quality: low, size: 1024x1024}, image: 1}\n"
      "  - {plugin: openai, model: gpt*, when: {quality: [high, max]}, image: 2}\n"
      "  - {plugin: openai, model: gpt*, when: {n: 4}, image: 3}\n"
      "  - {plugin: openai, model: gpt*, when: {steps: 30}, image: 4}\n");
  CHECK(shop.depends_on_request());
  CHECK(shop.price() == "unknown");
  CHECK(shop.price({{"quality", "low"}}) == "unknown");
  CHECK(shop.price({{"quality", "LOW"}, {"size", "1024X1024"}}) == "$1.00");
  CHECK(shop.price({{"quality", "low"}, {"width", 1024}, {"height", 1024}}) == "$1.00");
  CHECK(shop.price({{"quality", "low"}, {"width", 1024}, {"height", 512}}) == "unknown");
  CHECK(shop.price({{"quality", "max"}}) == "$2.00");
  CHECK(shop.price({}, 4) == "$3.00");
  CHECK(shop.price({{"steps", 30}}) == "$4.00");
  CHECK(shop.price({{"steps", 30.0}}) == "$4.00");
  CHECK(shop.price({{"steps", nullptr}}) == "unknown");
}

TEST_CASE("sides are read from a size") {
  const Shop shop("  - {plugin: openai, model: gpt*, when: {width: 640, height: 480}, image: 1}\n");
  CHECK(shop.price({{"size", "640x480"}}) == "$1.00");
  CHECK(shop.price({{"size", "480x640"}}) == "unknown");
  CHECK(shop.price({{"size", "auto"}}) == "unknown");
}

TEST_CASE("an entry without conditions makes the price the same for all") {
  CHECK_FALSE(Shop("  - {plugin: openai, model: gpt*, image: 1}\n"
                   "  - {plugin: openai, model: gpt*, when: {n: 2}, image: 2}\n")
                  .depends_on_request());
  CHECK_FALSE(Shop("  - {plugin: a, model: b, when: {n: 2}, image: 2}\n").depends_on_request());
}

TEST_CASE("a condition may be of a load parameter") {
  const std::string entries =
      "  - {plugin: openai, model: gpt*, when: {lane: batch, n: 2}, image: 1}\n"
      "  - {plugin: openai, model: gpt*, when: {lane: batch}, image: 2}\n"
      "  - {plugin: openai, model: gpt*, image: 4}\n";
  const Shop batch(entries, {"gpt-2"}, {{"lane", "batch"}});
  CHECK(batch.price() == "$2.00");
  CHECK(batch.price({}, 2) == "$1.00");
  CHECK(batch.depends_on_request());
  const Shop direct(entries, {"gpt-2"}, {{"lane", "direct"}});
  CHECK(direct.price({}, 2) == "$4.00");
  CHECK_FALSE(direct.depends_on_request());
}

TEST_CASE("a factor multiplies the next entry that fits") {
  const std::string entries =
      "  - {plugin: openai, model: '*', when: {lane: batch}, times: 0.5}\n"
      "  - {plugin: openai, model: gpt*, when: {n: 2}, times: 3}\n"
      "  - {plugin: openai, model: gpt-2, image: {low: 1, likely: 2, high: 4}}\n"
      "  - {plugin: openai, model: gpt-3, tokens: {text_in: 5, image_out: 30}}\n";
  const Shop batch(entries, {"gpt-2"}, {{"lane", "batch"}});
  CHECK(batch.price() == "$1.00");
  CHECK(batch.price({}, 2) == "$3.00");
  CHECK(batch.entry()->image->high == micros_of(2));
  CHECK(batch.entry() == batch.entry());
  CHECK(title_of(*batch.entry()) == "openai gpt-2, times 0.5");
  CHECK(batch.depends_on_request());
  CHECK(Shop(entries).price() == "$2.00");
  const Shop tokens(entries, {"gpt-3"}, {{"lane", "batch"}});
  CHECK(tokens.entry()->tokens->image_out == 15);
  CHECK(tokens.entry()->tokens->text_in == 2.5);
  CHECK_FALSE(tokens.entry()->tokens->image_in);
  CHECK(Shop("  - {plugin: openai, model: '*', times: 0.5}\n").price() == "unknown");
}

TEST_CASE("the job's table is asked before pictor's own") {
  PriceTable mine = table_of("  - {plugin: openai, model: dall-e-2, image: 7}\n");
  const auto price = [&](const std::string &model) {
    const ModelPrices prices(price_tables(mine), "openai", {model}, {});
    const PriceEntry *entry = prices.find({}, 1);
    return entry == nullptr ? std::string("unknown") : money_text(entry->image->likely);
  };
  CHECK(price("dall-e-2") == "$7.00");
  CHECK(price("dall-e-3") == "$0.08");
  mine.replace = true;
  CHECK(price("dall-e-2") == "$7.00");
  CHECK(price("dall-e-3") == "unknown");
}

TEST_CASE("tokens have their prices") {
  CHECK(tokens_cost(R"({"input_tokens": 10, "output_tokens": 1000})") == "30050");
  CHECK(tokens_cost(R"({"output_tokens": 1000})") == "30000");
  CHECK(tokens_cost(R"({"usage": {"input_tokens": 10, "output_tokens": 1000}})") == "30050");
  CHECK(tokens_cost(R"({"input_tokens": 110, "output_tokens": 1000,
                        "input_tokens_details": {"text_tokens": 10, "image_tokens": 100}})") ==
        "30850");
  CHECK(tokens_cost(R"({"output_tokens": 1000,
                        "output_tokens_details": {"text_tokens": 0, "image_tokens": 1000}})") ==
        "30000");
}

TEST_CASE("output without a breakdown is pictures") {
  CHECK(tokens_cost(R"({"output_tokens": 196, "output_tokens_details": {}})") == "5880");
  CHECK(tokens_cost(R"({"output_tokens": 196, "output_tokens_details": null})") == "5880");
}

TEST_CASE("tokens that are not told, or without a price, cost nobody knows what") {
  CHECK(tokens_cost("{}") == "unknown");
  CHECK(tokens_cost("[]") == "unknown");
  CHECK(tokens_cost(R"({"input_tokens": 10})") == "unknown");
  CHECK(tokens_cost(R"({"output_tokens": "many"})") == "unknown");
  CHECK(tokens_cost(R"({"output_tokens": -5})") == "unknown");
  CHECK_FALSE(
      cost_of_tokens({{}, {}, {}, 30}, Json::parse(R"({"input_tokens": 1, "output_tokens": 1})")));
}
