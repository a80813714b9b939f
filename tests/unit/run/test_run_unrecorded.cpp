#include "base/file.hpp"
#include "dataset_scenario.hpp"
#include "output/encode.hpp"
#include "support/catch.hpp"

#include <array>
#include <chrono>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

constexpr SampleKey second_fox = {0, 0, 1};
constexpr const char *its_file = "train/000000_1.png";

// Two foxes of a billed model, both drawn; then the ledger is as a kill leaves it between the
// second picture's file and its record.
class LostRecord {
 public:
  LostRecord() : scenario("{\"prompt\": \"fox\", \"num_generations\": 2}\n") {
    scenario.studio.billed = true;
    scenario.run();
    metadata = scenario.file("train/metadata.jsonl");
    Ledger ledger = Ledger::open(scenario.out());
    ledger.forget(std::array{second_fox});
    ledger.started(std::array{StartedSample{second_fox, 40'000}});
    fs::last_write_time(file(), fs::file_time_type::clock::now());
  }

  fs::path file() const { return scenario.out() / its_file; }

  // "fox.1 ok, drawn 0 times"
  std::string resume() {
    const int before = scenario.studio.begun;
    scenario.run();
    const Ledger ledger = Ledger::open_read_only(scenario.out());
    const auto end = ledger.end(second_fox);
    return std::string("fox.1 ") + (end ? std::string(name_of(end->outcome)) : "unknown") +
           ", drawn " + std::to_string(scenario.studio.begun - before) + " times";
  }

  DatasetScenario scenario;
  std::string metadata;
};

}  // namespace

TEST_CASE("a paid picture that a kill left without a record is recorded, not paid again") {
  LostRecord lost;
  CHECK(lost.resume() == "fox.1 ok, drawn 0 times");
  CHECK(lost.scenario.status.warnings.empty());
  CHECK(lost.scenario.file("train/metadata.jsonl") == lost.metadata);
  const Ledger ledger = Ledger::open_read_only(lost.scenario.out());
  CHECK(ledger.end(second_fox)->cost_micros == 40'000);
  CHECK(ledger.started_samples().empty());
}

TEST_CASE("bytes of a provider are described by what was asked for") {
  LostRecord lost;
  const auto bytes = encode_picture(tiny_picture(), {ImageFormat::png, 90}, {"", Json()});
  write_file(lost.file(), std::get<std::string>(bytes));
  CHECK(lost.resume() == "fox.1 ok, drawn 0 times");
  const auto end = Ledger::open_read_only(lost.scenario.out()).end(second_fox);
  CHECK(end->metadata["text"] == "fox");
  CHECK(end->metadata["seed"] == *end->seed);
  CHECK(end->metadata["width"] == 1);
}

TEST_CASE("the picture of another sample is not taken for it") {
  LostRecord lost;
  write_file(lost.file(), lost.scenario.file("train/000000_0.png"));
  CHECK(lost.resume() == "fox.1 maybe_billed, drawn 0 times");
  CHECK_FALSE(fs::exists(lost.file()));
}

TEST_CASE("half a picture under a billed sample's name is none, and does not stay") {
  LostRecord lost;
  fs::resize_file(lost.file(), fs::file_size(lost.file()) / 2);
  CHECK(lost.resume() == "fox.1 maybe_billed, drawn 0 times");
  CHECK_FALSE(fs::exists(lost.file()));
}

TEST_CASE("a file from before the request left is not its picture") {
  LostRecord lost;
  fs::last_write_time(lost.file(), fs::file_time_type::clock::now() - std::chrono::hours(1));
  CHECK(lost.resume() == "fox.1 maybe_billed, drawn 0 times");
  CHECK_FALSE(fs::exists(lost.file()));
}
