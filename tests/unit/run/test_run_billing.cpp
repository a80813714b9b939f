#include "base/error.hpp"
#include "run/billing.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <numeric>
#include <sstream>

using namespace pictor::host;
using pictor::test::TempDir;

namespace {

std::shared_ptr<const PriceTables> tables_of(const std::string &entries) {
  const TempDir dir;
  return std::make_shared<PriceTables>(
      PriceTables{read_prices(dir.write("prices.yaml", "entries:\n" + entries))});
}

const std::string two_to_four =
    "  - {plugin: shop, model: fast, image: {low: 1, likely: 2, high: 4}}\n";
const std::string by_tokens =
    "  - {plugin: shop, model: fast, image: {low: 1, likely: 2, high: 4}, "
    "tokens: {text_in: 1000000, image_out: 1000000}}\n";

// One model that bills and its requests, each known by its row; amounts are whole dollars.
class Till {
 public:
  Till(const std::string &entries, std::optional<BudgetConfig> budget, Micros spent = 0)
      : billing(tables_of(entries), budget, spent * micros_of(1)) {
    model_.name = "painter";
    model_.plugin = "shop";
    model_.load = {{"model", "fast"}};
    billing.open_model(0, model_, true, "fast-2026");
  }

  Request request(std::uint32_t row, std::uint32_t pictures = 1) const {
    Request request;
    request.work.row = row;
    request.work.generations.resize(pictures);
    std::iota(request.work.generations.begin(), request.work.generations.end(), 0u);
    request.number = row;
    request.model = &model_;
    return request;
  }

  // "leaves", "2 leave", "waits", "never"
  std::string send(std::uint32_t row, std::uint32_t pictures = 1) {
    const Billing::Admitted admitted = billing.admit(request(row, pictures));
    if (admitted.wait) return "waits";
    if (admitted.pictures == 0) return "never";
    return admitted.pictures == pictures ? "leaves" : fmt(admitted.pictures) + " leave";
  }

  SampleEnd end(std::uint32_t row, SampleEnd end, std::uint32_t index = 0) {
    billing.settle(request(row, index + 1), index, end);
    return end;
  }

  // "6 spent, 4 reserved"
  std::string state() const {
    return fmt(billing.budget().spent() / micros_of(1)) + " spent, " +
           fmt(billing.budget().reserved() / micros_of(1)) + " reserved";
  }

  Billing billing;

 private:
  static std::string fmt(std::int64_t number) { return std::to_string(number); }
  RunModel model_;
};

BudgetConfig dollars(double limit, bool allow = false) {
  return {micros_of(limit), allow};
}

SampleEnd came(std::optional<double> told = {}, const Json &metadata = Json::object()) {
  SampleEnd end;
  end.outcome = Outcome::ok;
  end.metadata = metadata;
  if (told) end.cost_micros = micros_of(*told);
  return end;
}

SampleEnd failed(Outcome outcome, bool billed = false) {
  SampleEnd end;
  end.outcome = outcome;
  end.failure.emplace();
  end.failure->outcome = outcome;
  end.failure->billed = billed;
  return end;
}

}  // namespace

TEST_CASE("a picture costs what the plugin told, else its tokens, else the likely price") {
  Till till(by_tokens, dollars(100));
  for (std::uint32_t row = 0; row < 3; ++row) REQUIRE(till.send(row) == "leaves");
  CHECK(till.state() == "0 spent, 12 reserved");

  const SampleEnd told = till.end(0, came(3.0, {{"cost", 3.0}}));
  CHECK(told.cost_micros == micros_of(3));
  CHECK(told.metadata == Json({{"cost", 3.0}}));

  const SampleEnd counted = till.end(1, came({}, {{"input_tokens", 1}, {"output_tokens", 4}}));
  CHECK(counted.cost_micros == micros_of(5));
  CHECK(counted.metadata["cost"] == 5.0);
  CHECK_FALSE(counted.metadata.contains("cost_is_estimate"));

  const SampleEnd likely = till.end(2, came());
  CHECK(likely.cost_micros == micros_of(2));
  CHECK(likely.metadata["cost"] == 2.0);
  CHECK(likely.metadata["cost_currency"] == "USD");
  CHECK(likely.metadata["cost_is_estimate"] == true);
  CHECK(till.state() == "10 spent, 0 reserved");
}

TEST_CASE("a failure costs what was billed for it, and nothing else") {
  Till till(two_to_four, dollars(100));
  for (std::uint32_t row = 0; row < 4; ++row) REQUIRE(till.send(row) == "leaves");
  CHECK_FALSE(till.end(0, failed(Outcome::transient)).cost_micros);
  CHECK(till.end(1, failed(Outcome::filtered, true)).cost_micros == micros_of(2));
  CHECK(till.end(2, failed(Outcome::maybe_billed)).cost_micros == micros_of(4));
  CHECK(till.end(3, failed(Outcome::truncated)).cost_micros == micros_of(2));
  CHECK(till.state() == "8 spent, 0 reserved");
}

TEST_CASE("requests wait for those in flight, then end at the limit") {
  Till till(two_to_four, dollars(10));
  CHECK(till.send(0) == "leaves");
  CHECK(till.send(1) == "leaves");
  CHECK(till.send(2) == "waits");
  till.end(0, came());
  CHECK(till.send(2) == "leaves");
  CHECK(till.state() == "2 spent, 8 reserved");
  till.end(1, came(4.0));
  till.end(2, came(4.0));
  CHECK(till.send(3) == "never");
  CHECK(till.state() == "10 spent, 0 reserved");
}

TEST_CASE("of a request for several pictures those leave that fit") {
  Till till(two_to_four, dollars(10), 1);
  CHECK(till.send(0, 5) == "2 leave");
  CHECK(till.state() == "1 spent, 8 reserved");
  CHECK(till.send(1, 5) == "waits");
}

TEST_CASE("what was withdrawn is free again, what was lost is spent") {
  Till till(two_to_four, dollars(20));
  CHECK(till.send(0, 2) == "leaves");
  CHECK(till.send(1) == "leaves");
  CHECK(till.billing.reserved(till.request(1), 0) == micros_of(4));
  till.billing.withdrawn(till.request(0, 2));
  till.billing.lost(till.request(1), 0);
  CHECK(till.state() == "4 spent, 0 reserved");
}

TEST_CASE("a model without a price is expected to cost what its dearest picture did") {
  Till till("  - {plugin: other, model: x, image: 1}\n", dollars(10, true));
  CHECK(till.send(0) == "leaves");
  CHECK_FALSE(till.billing.reserved(till.request(0), 0));
  CHECK_FALSE(till.end(0, came()).cost_micros);
  CHECK(till.send(1) == "leaves");
  till.end(1, came(6.0));
  CHECK(till.send(2) == "never");
  CHECK(till.state() == "6 spent, 0 reserved");
}

TEST_CASE("a price that is not known keeps a run with a budget from starting") {
  const std::string low_only =
      "  - {plugin: shop, model: fast*, when: {quality: low}, image: 1}\n"
      "  - {plugin: shop, model: fast*, when: {quality: high}, tokens: {image_out: 1}}\n";
  Plan plan(1);
  for (int row = 0; row < 3; ++row) plan.add_row(1, std::nullopt);
  const auto problem = [&](const Till &till, const std::vector<std::string> &qualities) {
    try {
      till.billing.refuse_unknown_prices(plan, [&](const Work &work) {
        Request request = till.request(work.row);
        request.asked.parameters["quality"] = qualities[work.row];
        return request;
      });
    } catch (const Error &error) {
      CHECK(error.code() == ExitCode::usage);
      CHECK_THAT(error.hint(),
                 ContainsSubstring("{plugin: shop, model: fast-2026, image: DOLLARS}"));
      return std::string(error.what());
    }
    return std::string("starts");
  };
  const Till strict(low_only, dollars(10));
  CHECK(problem(strict, {"low", "low", "low"}) == "starts");
  CHECK_THAT(problem(strict, {"low", "low", "auto"}),
             ContainsSubstring("no price per picture of painter (shop fast-2026) as row 2 asks"));
  CHECK_THAT(problem(strict, {"low", "high", "low"}), ContainsSubstring("row 1"));
  CHECK(problem(Till(low_only, dollars(10, true)), {"low", "low", "auto"}) == "starts");
  CHECK(problem(Till(low_only, std::nullopt), {"low", "low", "auto"}) == "starts");
  CHECK(plan.counts().open == 3);
}
