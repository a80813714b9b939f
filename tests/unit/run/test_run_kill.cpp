#include "base/hash.hpp"
#include "dataset_scenario.hpp"
#include "support/catch.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>

using namespace pictor::host;
using namespace pictor::test;

namespace fs = std::filesystem;

namespace {

std::string many_rows(int count) {
  std::string text;
  for (int row = 0; row < count; ++row) {
    text += "{\"prompt\": \"fox " + std::to_string(row) + "\", \"num_generations\": 2}\n";
  }
  return text;
}

// Tells a parent of every recorded end.
class TellingStatus : public RecordingStatus {
 public:
  explicit TellingStatus(int pipe) : pipe_(pipe) {}
  void sample(const SampleEnd &, const std::string &) override {
    if (write(pipe_, "x", 1) != 1) _exit(3);
  }

 private:
  int pipe_;
};

// Runs the scenario in a child that is killed once `ends` ends were recorded.
void run_and_kill(DatasetScenario &scenario, int ends) {
  std::array<int, 2> told{};
  REQUIRE(pipe(told.data()) == 0);
  const pid_t child = fork();
  if (child == 0) {
    close(told[0]);
    TellingStatus status(told[1]);
    try {
      scenario.run_with({}, status);
    } catch (...) {
      _exit(2);
    }
    _exit(0);
  }
  close(told[1]);
  char byte = 0;
  for (int seen = 0; seen < ends && read(told[0], &byte, 1) == 1; ++seen) {
  }
  kill(child, SIGKILL);
  close(told[0]);
  REQUIRE(waitpid(child, nullptr, 0) == child);
}

// Every recorded picture with the time its file was written; checks the files against the ledger.
std::map<std::string, fs::file_time_type> recorded_files(const DatasetScenario &scenario) {
  std::map<std::string, fs::file_time_type> files;
  const Ledger ledger = Ledger::open(scenario.out());
  ledger.for_each_end([&](const SampleEnd &end) {
    const fs::path path = scenario.out() / "train" / end.file_name;
    const std::string bytes = read_file(path);
    REQUIRE(sha256_hex(bytes.data(), bytes.size()) == end.sha256);
    files[end.file_name] = fs::last_write_time(path);
  });
  return files;
}

}  // namespace

TEST_CASE("a kill at any instant loses nothing that was recorded and repeats none of it") {
  DatasetScenario scenario(many_rows(100));
  std::map<std::string, fs::file_time_type> before;
  for (const int ends : {1, 7, 30, 55}) {
    run_and_kill(scenario, ends);
    const auto after = recorded_files(scenario);
    CHECK(after.size() >= before.size() + static_cast<std::size_t>(ends));
    for (const auto &[name, time] : before) {
      INFO(name);
      REQUIRE(after.contains(name));
      CHECK(after.at(name) == time);
    }
    before = after;
  }
  const Summary summary = scenario.run();
  CHECK(summary.exit_code() == ExitCode::ok);
  CHECK(summary.made == 200 - before.size());
  CHECK(recorded_files(scenario).size() == 200);
  for (const auto &entry : fs::directory_iterator(scenario.out() / "train")) {
    CHECK_FALSE(entry.path().filename().string().starts_with("."));
  }
}
